package brotli

const (
	shortestBytes = 4 // that a search needs behind its position

	lazyGain = 175 // by which a copy one later must score more
	maxDelay = 4   // times that a copy is put off

	// After this many bytes without a copy not every position is searched, and
	// after five times as many still fewer.
	sparseAfter = 64
)

// parse adds commands for src[start:end]. Literals behind the last one are left
// pending.
func (e *Encoder) parse(start, end int) {
	sparse := start + sparseAfter
	p := start
	for p+shortestBytes < end {
		m, ok := e.search(p, end)
		if !ok {
			e.pending++
			p++
			if p > sparse {
				p = e.skip(p, end, p > sparse+4*sparseAfter)
			}
			continue
		}
		for delays := 0; delays < maxDelay && p+shortestBytes < end; delays++ {
			later, ok := e.search(p+1, end)
			if !ok || later.score < m.score+lazyGain {
				break
			}
			e.pending++
			p, m = p+1, later
		}
		e.emit(p, m)
		sparse = p + 2*m.length + sparseAfter
		e.enterCopied(e.src, p+2, min(p+m.length, end-shortestBytes+1))
		p += m.length
	}
	e.pending += end - p
}

// skip passes over bytes that seem not to repeat anything: it records some
// positions and returns where to search next.
func (e *Encoder) skip(p, end int, far bool) int {
	step := 2
	if far {
		step = 4
	}
	if p+16 >= end-4 {
		e.pending += end - p
		return end
	}
	for i := range 4 {
		e.enter(e.src, p+i*step)
	}
	e.pending += 4 * step
	return p + 4*step
}
