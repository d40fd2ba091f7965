package selfencrypt

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"github.com/safenet-go/safenet/xorname"
)

// A ChunkStore keeps chunks by name: a network, a disk, a cache. Its methods
// are called by several goroutines at once and must return soon after their
// context is done. Package storetest checks an implementation.
//
// Nothing that a store returns is trusted, so it need not check anything.
type ChunkStore interface {
	// Put keeps a chunk of 1 to MaxChunk bytes, durably if the store is. (For
	// the compatible suites a store must take more, see Suite.MaxChunk.) Putting
	// what is there is success. chunk is valid only until Put returns.
	Put(ctx context.Context, name xorname.Name, chunk []byte) error

	// Get returns the chunk. The result belongs to the caller, who changes it.
	// If the store knows that it has no such chunk, the error wraps ErrNotFound.
	Get(ctx context.Context, name xorname.Name) ([]byte, error)
}

// A Haser is a store that can tell cheaply whether it has a chunk. True means
// that Get would find it. Options.Resume makes use of it.
type Haser interface {
	Has(ctx context.Context, name xorname.Name) (bool, error)
}

func checkPut(ctx context.Context, chunk []byte) error {
	if len(chunk) > maxCompatibleChunk {
		return fmt.Errorf("%w: a chunk of %d bytes, at most %d are allowed", ErrTooLarge, len(chunk), maxCompatibleChunk)
	}
	return ctx.Err()
}

// A MemStore keeps chunks in memory. The zero value is empty and ready. It is
// safe for concurrent use.
type MemStore struct {
	mu     sync.RWMutex
	chunks map[xorname.Name][]byte
}

// Put implements ChunkStore. It takes the chunks of all suites; longer ones are
// refused with ErrTooLarge.
func (s *MemStore) Put(ctx context.Context, name xorname.Name, chunk []byte) error {
	if err := checkPut(ctx, chunk); err != nil {
		return err
	}
	kept := bytes.Clone(chunk)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.chunks == nil {
		s.chunks = make(map[xorname.Name][]byte)
	}
	s.chunks[name] = kept
	return nil
}

// Get implements ChunkStore.
func (s *MemStore) Get(ctx context.Context, name xorname.Name) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.RLock()
	chunk, ok := s.chunks[name]
	s.mu.RUnlock()
	if !ok {
		return nil, fmt.Errorf("%w in memory: %s", ErrNotFound, name)
	}
	return bytes.Clone(chunk), nil
}

// Has implements Haser.
func (s *MemStore) Has(ctx context.Context, name xorname.Name) (bool, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	_, ok := s.chunks[name]
	return ok, ctx.Err()
}

// Len returns the number of chunks.
func (s *MemStore) Len() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.chunks)
}
