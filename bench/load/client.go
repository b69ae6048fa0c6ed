package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// conn is one keep-alive HTTP/1.1 connection. It does the little that a load generator needs, because what the client
// burns on a shared machine is missing from the server.
type conn struct {
	net  net.Conn
	r    *bufio.Reader
	body []byte
}

// answer is what came back. Its body is overwritten by the next request of the connection.
type answer struct {
	status   int
	location string
	cookies  []string // values of Set-Cookie
	body     []byte
}

func dial(addr string) (*conn, error) {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	return &conn{net: c, r: bufio.NewReaderSize(c, 16<<10)}, nil
}

func (c *conn) close() { _ = c.net.Close() }

// do sends one prepared request and reads its answer.
func (c *conn) do(request []byte) (answer, error) {
	if _, err := c.net.Write(request); err != nil {
		return answer{}, err
	}
	var a answer
	for {
		if err := c.readStatus(&a); err != nil {
			return a, err
		}
		length, err := c.readHeaders(&a)
		if err != nil {
			return a, err
		}
		if a.status/100 == 1 {
			continue
		}
		return a, c.readBody(&a, length)
	}
}

func (c *conn) readStatus(a *answer) error {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return err
	}
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return fmt.Errorf("no HTTP answer: %.40q", line)
	}
	a.status, err = strconv.Atoi(string(line[9:12]))
	return err
}

// chunked stands for a length that the chunks tell.
const chunked = -1

var errUnknownLength = errors.New("an answer without a length")

// readHeaders returns the length of the body.
func (c *conn) readHeaders(a *answer) (length int, err error) {
	known := a.status == 204 || a.status == 304 || a.status/100 == 1
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 {
				return 0, errUnknownLength
			}
			known = true
		case bytes.EqualFold(name, []byte("Transfer-Encoding")):
			length, known = chunked, true
		case bytes.EqualFold(name, []byte("Location")):
			a.location = string(value)
		case bytes.EqualFold(name, []byte("Set-Cookie")):
			a.cookies = append(a.cookies, string(value))
		}
	}
	if !known {
		return 0, errUnknownLength
	}
	return length, nil
}

func (c *conn) readBody(a *answer, length int) error {
	c.body = c.body[:0]
	var err error
	if length == chunked {
		err = c.readChunks()
	} else {
		err = c.readBytes(length)
	}
	a.body = c.body
	return err
}

func (c *conn) readBytes(n int) error {
	start := len(c.body)
	c.body = append(c.body, make([]byte, n)...)
	_, err := io.ReadFull(c.r, c.body[start:])
	return err
}

func (c *conn) readChunks() error {
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, _, _ := bytes.Cut(bytes.TrimSpace(line), []byte(";"))
		n, err := strconv.ParseUint(string(size), 16, 31)
		if err != nil {
			return err
		}
		if err := c.readBytes(int(n)); err != nil {
			return err
		}
		if _, err := c.r.ReadSlice('\n'); err != nil || n == 0 {
			return err
		}
	}
}
