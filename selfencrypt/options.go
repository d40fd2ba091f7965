package selfencrypt

import (
	"bytes"
	"fmt"
	"runtime"
)

const (
	secretLen          = 32
	defaultInFlight    = 8
	defaultMaxMapBytes = 64 << 20
)

// Options tune how files are written and read; nil and the zero value are
// good defaults. None but Secret has a part in what is stored.
//
// Encrypting needs about 5*Workers + InFlight + 5 MiB, and reading about
// Workers + InFlight + 2 MiB for each Reader, whatever the size of the file;
// to both comes the data map with 64 bytes for each chunk.
type Options struct {
	// Workers is how many chunks are compressed and encrypted, or decrypted
	// and checked, at once. 0: GOMAXPROCS.
	Workers int

	// InFlight is how many chunks are being put or fetched at once. 0: 8.
	InFlight int

	// Secret is an optional convergence secret of 32 bytes, used when writing:
	// only who knows it can confirm guesses at the content, and equal files
	// share chunks only under an equal secret. It becomes part of the data map
	// and of the address, where reading finds it. Empty: none.
	Secret []byte

	// Progress, if set, is called while writing, after each chunk that was
	// read, encrypted or stored; never twice at once. It delays the work while
	// it runs.
	Progress func(Progress)

	// MaxMapBytes bounds the bytes of all map levels of one file, written or
	// read, and so the size of a file: each MiB of map stands for about 17 GB
	// of content. Loading a map takes up to four times its bytes for a moment.
	// 0: 64 MiB, for files of up to 1.09 TB.
	MaxMapBytes int64
}

// Progress tells how far writing has come within one level.
type Progress struct {
	Level int // 0 for the content, 1 and above for the levels of the map

	// Bytes of content that were read, encrypted, and taken by the store.
	Read, Encrypted, Stored int64

	// Chunks stored, of those found so far.
	Done, Total int
}

// settings are Options with the defaults filled in.
type settings struct {
	workers, inFlight int
	secret            []byte
	progress          func(Progress)
	maxMapBytes       int64
}

func (o *Options) settle() (settings, error) {
	if o == nil {
		o = new(Options)
	}
	if o.Workers < 0 || o.InFlight < 0 || o.MaxMapBytes < 0 {
		return settings{}, fmt.Errorf("selfencrypt: negative option: Workers %d, InFlight %d, MaxMapBytes %d",
			o.Workers, o.InFlight, o.MaxMapBytes)
	}
	if n := len(o.Secret); n != 0 && n != secretLen {
		return settings{}, fmt.Errorf("selfencrypt: the convergence secret has %d bytes, want %d", n, secretLen)
	}
	s := settings{
		workers:     o.Workers,
		inFlight:    o.InFlight,
		secret:      bytes.Clone(o.Secret),
		progress:    o.Progress,
		maxMapBytes: o.MaxMapBytes,
	}
	if s.workers == 0 {
		s.workers = runtime.GOMAXPROCS(0)
	}
	if s.inFlight == 0 {
		s.inFlight = defaultInFlight
	}
	if s.maxMapBytes == 0 {
		s.maxMapBytes = defaultMaxMapBytes
	}
	return s, nil
}
