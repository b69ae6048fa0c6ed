package main

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// signaturesMetric is what the server counts its signatures by, for each algorithm.
const signaturesMetric = "signet_signatures_total{"

func (s *signet) meters() meters {
	return meters{cpu: s.process.cpu, signatures: func() (int64, error) {
		return signaturesAt("http://127.0.0.1:" + strconv.Itoa(s.metrics) + "/metrics")
	}}
}

// signaturesAt reads how many signatures a server has made, with all algorithms.
func signaturesAt(address string) (int64, error) {
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get(address)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	n, err := sumSignatures(response.Body)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", address, err)
	}
	return n, nil
}

// sumSignatures adds up the metric's lines. That there is none is an error: 0 would look like a good figure.
func sumSignatures(text io.Reader) (int64, error) {
	sum, found := int64(0), false
	lines := bufio.NewScanner(text)
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), signaturesMetric) {
			continue
		}
		_, value, _ := strings.Cut(lines.Text(), "} ")
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return 0, err
		}
		sum, found = sum+n, true
	}
	if !found {
		return 0, fmt.Errorf("no %s…}", signaturesMetric)
	}
	return sum, lines.Err()
}
