package selfencrypt

import "fmt"

// Plan tells how content of size bytes will be cut, without reading any: the
// layout of the content first, then those of the levels that Shrink or StoreMap
// will store for its map. The chunks of all layouts together are what a store
// will be asked to put. The error wraps ErrTooSmall, ErrTooLarge if the levels
// of the map exceed Options.MaxMapBytes, or ErrSize if size is negative.
func Plan(size int64, opt *Options) ([]Layout, error) {
	s, err := opt.settleForWriting()
	if err != nil {
		return nil, err
	}
	if size < 0 {
		return nil, fmt.Errorf("%w: %d bytes", ErrSize, size)
	}
	if err := s.cutting(0).check(size); err != nil {
		return nil, err
	}
	levels := []Layout{s.cutting(0).layout(size)}
	for left := s.maxMapBytes; ; {
		n := levels[len(levels)-1].Chunks()
		if err := s.checkMap(n, len(levels)-1); err != nil {
			return nil, err
		}
		bytes := s.suite.mapLen(n, len(levels)-1, len(s.secret))
		if left -= bytes; left < 0 {
			return nil, fmt.Errorf("%w: the levels of the data map exceed %d bytes", ErrTooLarge, s.maxMapBytes)
		}
		if s.suite.smallMap(n) {
			return levels, nil
		}
		levels = append(levels, s.cutting(len(levels)).layout(bytes))
	}
}
