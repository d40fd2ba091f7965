package client

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/safenet-go/safenet/xorname"
)

// The vaults give the last holders of a chunk their copies when there is
// nothing more urgent. A client that has stored nothing for urgeAfter tells them
// that now is the time, at most urgeWidth chunks at once.
const (
	urgeAfter = 100 * time.Millisecond
	urgeWidth = 16
)

// spreading is the chunks that more than half of their holders have, but not
// all, and the puts under way.
type spreading struct {
	mu    sync.Mutex
	names map[xorname.Name]struct{}
	puts  int
	idle  *time.Timer // runs while no put does; nil before the first
}

func (s *spreading) add(name xorname.Name) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names == nil {
		s.names = make(map[xorname.Name]struct{})
	}
	s.names[name] = struct{}{}
}

func (s *spreading) remove(name xorname.Name) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.names, name)
}

func (s *spreading) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts++
	s.stop()
}

func (s *spreading) end(c *Client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.puts--; s.puts == 0 && len(s.names) > 0 {
		s.idle = time.AfterFunc(urgeAfter, c.urge)
	}
}

// stop needs mu.
func (s *spreading) stop() {
	if s.idle != nil {
		s.idle.Stop()
		s.idle = nil
	}
}

// close ends the urging.
func (s *spreading) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.puts++ // never idle again
	s.stop()
}

// waiting returns the chunks that wait, unless a put has begun meanwhile.
func (s *spreading) waiting() []xorname.Name {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.puts > 0 {
		return nil
	}
	return slices.SortedFunc(maps.Keys(s.names), xorname.Name.Compare)
}

// urge offers the chunks that wait once more: the vault that spreads one does it
// then. What becomes of that the put itself is told.
func (c *Client) urge() {
	ctx, cancel := context.WithTimeout(context.Background(), getPatience)
	defer cancel()
	var wg sync.WaitGroup
	slots := make(chan struct{}, urgeWidth)
	for _, name := range c.spreading.waiting() {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if c.alive() == nil {
				_, _ = c.offer(ctx, name, 0)
			}
		})
	}
	wg.Wait()
}
