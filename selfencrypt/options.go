package selfencrypt

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
)

const (
	secretLen          = 32
	defaultInFlight    = 8
	defaultMaxMapBytes = 64 << 20
)

// Options say how files are written and read; nil and the zero value are good
// defaults. Suite, MaxPlain, Secret and RandomKey have a part in what is stored,
// the others none.
//
// With C the largest chunk, of 1 MiB (SAFE, 0.30) or 4 MiB, encrypting needs about
// (5*Workers + InFlight + 8) * C, and for each worker 3 MiB, or 7 in a compatible
// suite. Reading needs about (Workers + 3*InFlight + 2) * C for each Reader. That
// is so whatever the size of the file; to it comes the data map with 64 bytes for
// each chunk.
type Options struct {
	// Suite is the format to write. 0: SuiteSAFE. Reading finds it in the map.
	Suite Suite

	// MaxPlain is the most content of a chunk in bytes, for a compatible suite:
	// the crates can be built with another limit than their own, and then write
	// other chunks. 0: Suite.MaxPlain. At most 4 MiB; not for SuiteSAFE.
	MaxPlain int

	// Workers is how many goroutines compress and encrypt, or decrypt and
	// check, at once. 0: GOMAXPROCS.
	Workers int

	// InFlight is how many chunks are being put or fetched at once. 0: 8.
	InFlight int

	// Secret is an optional convergence secret of 32 bytes, used when writing:
	// only who knows it can confirm guesses at the content, and equal files
	// share chunks only under an equal secret. It becomes part of the data map
	// and of the address, where reading finds it. Empty: none. Only for
	// SuiteSAFE.
	Secret []byte

	// RandomKey draws a secret for each file written. Then nobody can confirm a
	// guess, and no two files, not even equal ones, share a chunk.
	RandomKey bool

	// Resume asks the store which chunks it has, if it is a Haser, and does not
	// put those: for writing a file again whose writing was cut short.
	Resume bool

	// Progress, if set, is called after chunks were read, encrypted, stored, or
	// fetched and verified; never twice at once for one file. It delays the
	// work while it runs.
	Progress func(Progress)

	// MaxMapBytes bounds the bytes of all map levels of one file, written or
	// read, and so the size of a file: each MiB of map stands for about 17 GB
	// of content. Loading a map takes up to four times its bytes for a moment.
	// 0: 64 MiB, for files of up to 1.09 TB.
	MaxMapBytes int64
}

// Progress tells how far the work has come within one level.
type Progress struct {
	Level int // 0 for the content, 1 and above for the levels of the map

	// Bytes of content that were read, encrypted, and taken by the store.
	Read, Encrypted, Stored int64

	// Verified counts the bytes of content that were fetched and found good,
	// each time that they were.
	Verified int64

	// Done counts the chunks stored or verified, Total those found so far, and
	// Skipped those of Done that the store had (Options.Resume).
	Done, Total, Skipped int
}

// settings are Options with the defaults filled in.
type settings struct {
	suite             Suite
	maxPlain          int
	workers, inFlight int
	secret            []byte
	resume            bool
	progress          func(Progress)
	maxMapBytes       int64
}

// cutting returns the rule for content of a level.
func (s *settings) cutting(level int) cutting {
	return cutting{suite: s.suite, level: level, max: s.maxPlain}
}

// checkMap refuses more chunks than the map may list.
func (s *settings) checkMap(chunks int64, level int) error {
	// The first comparison keeps the second from overflowing.
	if chunks > s.maxMapBytes/entryLen || s.suite.mapLen(chunks, level, len(s.secret)) > s.maxMapBytes {
		return fmt.Errorf("%w: the data map needs more than %d bytes", ErrTooLarge, s.maxMapBytes)
	}
	return nil
}

// lookAhead is how many chunks a Reader works on ahead of the one in use: those
// being fetched, and a batch for each worker while there is something to fetch.
func (s *settings) lookAhead() int {
	return s.inFlight + min(batchMax*s.workers, 2*s.inFlight)
}

// withMap returns the settings for what belongs to m.
func (s settings) withMap(m *DataMap) settings {
	if s.suite != m.suite {
		s.suite, s.maxPlain = m.suite, m.suite.MaxPlain()
	}
	s.secret = m.secret
	return s
}

func (o *Options) settle() (settings, error) {
	if o == nil {
		o = new(Options)
	}
	if o.Workers < 0 || o.InFlight < 0 || o.MaxMapBytes < 0 || o.MaxPlain < 0 {
		return settings{}, fmt.Errorf("selfencrypt: negative option: Workers %d, InFlight %d, MaxMapBytes %d, MaxPlain %d",
			o.Workers, o.InFlight, o.MaxMapBytes, o.MaxPlain)
	}
	s := settings{
		suite:       o.Suite,
		maxPlain:    o.MaxPlain,
		workers:     o.Workers,
		inFlight:    o.InFlight,
		secret:      bytes.Clone(o.Secret),
		resume:      o.Resume,
		progress:    o.Progress,
		maxMapBytes: o.MaxMapBytes,
	}
	if s.suite == 0 {
		s.suite = SuiteSAFE
	}
	if !s.suite.known() {
		return settings{}, fmt.Errorf("%w: %s", ErrSuite, s.suite)
	}
	if err := o.checkFor(s.suite); err != nil {
		return settings{}, err
	}
	if s.maxPlain == 0 {
		s.maxPlain = s.suite.MaxPlain()
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

// checkFor refuses what the suite cannot do.
func (o *Options) checkFor(s Suite) error {
	switch n := len(o.Secret); {
	case n != 0 && n != secretLen:
		return fmt.Errorf("selfencrypt: the convergence secret has %d bytes, want %d", n, secretLen)
	case n != 0 && o.RandomKey:
		return errors.New("selfencrypt: both a convergence secret and a random key")
	case s == SuiteSAFE && o.MaxPlain != 0:
		return fmt.Errorf("%w: %s has no other chunk size than its own", ErrSuite, s)
	case s != SuiteSAFE && (n != 0 || o.RandomKey):
		return fmt.Errorf("%w: %s has no convergence secret", ErrSuite, s)
	case o.MaxPlain > maxCompatible:
		return fmt.Errorf("%w: chunks of %d bytes of content, at most %d are allowed", ErrSuite, o.MaxPlain, maxCompatible)
	}
	return nil
}

// settleForWriting also draws the random key.
func (o *Options) settleForWriting() (settings, error) {
	s, err := o.settle()
	if err == nil && o != nil && o.RandomKey {
		s.secret = make([]byte, secretLen)
		_, _ = rand.Read(s.secret) // never fails (crypto/rand)
	}
	return s, err
}
