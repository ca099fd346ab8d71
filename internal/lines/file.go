package lines

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"unicode/utf8"
)

// MaxBytes is the length that a line may have.
const MaxBytes = 1 << 20

// File is an import file that is being read.
type File struct {
	r        *bufio.Reader
	line     []byte
	number   int
	err      error
	problems []Problem
	more     int
}

// Open returns r as a file before its first line.
func Open(r io.Reader) *File { return &File{r: bufio.NewReaderSize(r, 64<<10)} }

// Next goes to the next line that is not blank, and tells whether there is one. A line that is
// too long or not UTF-8 is noted as a problem and passed over.
func (f *File) Next() bool {
	for {
		long, ok := f.read()
		if !ok {
			return false
		}
		switch {
		case long:
			f.Wrong(f.number, "", "is longer than %d bytes", MaxBytes)
		case !utf8.Valid(f.line):
			f.Wrong(f.number, "", "is not UTF-8")
		case len(bytes.TrimSpace(f.line)) > 0:
			return true
		}
	}
}

// Bytes returns the line without its end; it is valid until Next is called.
func (f *File) Bytes() []byte { return f.line }

// Number returns the line's number; the first is 1.
func (f *File) Number() int { return f.number }

// read reads one line. Of a line that is too long nothing is kept.
func (f *File) read() (long, ok bool) {
	f.line = f.line[:0]
	for some := false; ; some = true {
		part, err := f.r.ReadSlice('\n')
		if len(f.line)+len(part) > MaxBytes+2 {
			long = true
		} else {
			f.line = append(f.line, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err == nil:
		case !errors.Is(err, io.EOF):
			f.err = err
			return false, false
		case len(part) == 0 && !some:
			return false, false
		}
		break
	}
	f.number++
	f.line = bytes.TrimSuffix(bytes.TrimSuffix(f.line, []byte("\n")), []byte("\r"))
	if f.number == 1 {
		f.line = bytes.TrimPrefix(f.line, []byte("\ufeff"))
	}
	return long || len(f.line) > MaxBytes, true
}
