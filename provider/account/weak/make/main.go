// Command make writes the table of common passwords, from lists of passwords, one a line, the most used first:
//
//	go run ./provider/account/weak/make 150000 LIST... > provider/account/weak/common.bin
//
// It takes so many of each list that are as long as a password must be, in lower case, and all words of first.txt.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"signet/provider/account/weak"
)

// shortest is the shortest password that can be had unless the operator says otherwise.
const shortest = 8

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("how many, and of which lists?")
	}
	most, err := strconv.Atoi(args[0])
	if err != nil {
		return err
	}
	first, err := os.ReadFile("provider/account/weak/first.txt")
	if err != nil {
		return err
	}
	words := strings.Fields(string(first))
	for _, path := range args[1:] {
		found, err := read(path, most)
		if err != nil {
			return err
		}
		words = append(words, found...)
	}
	table, err := weak.Table(words)
	if err == nil {
		_, err = os.Stdout.Write(table)
	}
	return err
}

// read returns the first passwords of a list that are long enough, each once.
func read(path string, most int) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var found []string
	seen := map[string]bool{}
	lines := bufio.NewScanner(f)
	for lines.Scan() && len(found) < most {
		word := strings.ToLower(strings.TrimRight(lines.Text(), "\r"))
		if utf8.RuneCountInString(word) >= shortest && !seen[word] {
			seen[word] = true
			found = append(found, word)
		}
	}
	return found, lines.Err()
}
