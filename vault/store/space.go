package store

import (
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// diskReserve is how many free bytes chunks leave on the disk. The database
// needs them to write its log and to merge its files; running out in the
// middle of that would stop the whole store instead of one Put. On a disk
// smaller than 256 MiB the reserve is a 32nd of it.
const diskReserve = 8 << 20

// space says whether there is room for one more chunk.
type space struct {
	fs    vfs.FS
	dir   string
	limit int64 // 0: none
	used  func() Usage

	mu       sync.Mutex
	reserved int64 // by Puts under way
}

// reserve sets room aside for a chunk until release is called, when the chunk
// is counted in used or has failed.
func (s *space) reserve(size int64) (release func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if used := s.used().Bytes + s.reserved; s.limit > 0 && used+size > s.limit {
		return nil, fmt.Errorf("%w: %d of %d bytes used", ErrFull, used, s.limit)
	}
	if err := s.checkDisk(size + s.reserved); err != nil {
		return nil, err
	}
	s.reserved += size
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.reserved -= size
	}, nil
}

func (s *space) checkDisk(size int64) error {
	usage, err := s.fs.GetDiskUsage(s.dir)
	if err != nil {
		return nil //nolint:nilerr // a system that cannot say finds out by writing
	}
	reserve := min(diskReserve, usage.TotalBytes/32)
	if usage.AvailBytes < reserve+uint64(size) {
		return fmt.Errorf("%w: %d bytes free on the disk, of which %d are kept back",
			ErrFull, usage.AvailBytes, reserve)
	}
	return nil
}

// asFull adds ErrFull to what the system says when the disk is full.
func asFull(err error) error {
	for _, full := range diskFull {
		if errors.Is(err, full) {
			return fmt.Errorf("%w: %w", ErrFull, err)
		}
	}
	return err
}
