package brotli

// A type of literals may have a second code, for those in contexts 2 and 3 of
// the UTF-8 mode, RFC 7932 section 7.1: behind a byte of 192 or more, and behind
// a control character or a byte of 128 or more if before that came a digit, a
// letter or a byte of 224 or more.
const (
	utf8Mode     = 2
	contextBits  = 6
	distanceBits = 2
)

// afterBytes tells by the two bytes before a literal which code it has. Of last,
// bit 1 is for bytes that do not settle it to be the first, bit 0 for those that
// settle it to be the second.
type afterBytes struct {
	last, beforeLast [256]uint8
}

var literalContext = func() *afterBytes {
	t := new(afterBytes)
	for i := range 256 {
		b := byte(i)
		if b >= 224 {
			t.beforeLast[b] = 1
		}
		switch {
		case b >= 192:
			t.last[b] = 3
		case b >= 128 || b < ' ' && b != '\t' && b != '\n' && b != '\r' || b == 127:
			t.last[b] = 2
		case b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z':
			t.beforeLast[b] = 1
		}
	}
	return t
}()

// of returns the code of a literal behind beforeLast and last.
func (t *afterBytes) of(last, beforeLast byte) int {
	v := t.last[last]
	return int(v>>1&(v|t.beforeLast[beforeLast])) & 1
}

// codesOfLiterals returns how many codes each type of literals in src[start:end]
// shall have: two if a sample says that it saves a fifth of a bit a literal to
// know whether the byte before is a continuation byte of UTF-8.
func (e *Encoder) codesOfLiterals(start, end int) int {
	const sample, every = 64, 4096
	const gain float32 = 0.2
	var counts [2][3]uint32 // behind ASCII or lead bytes, and behind continuation bytes
	kind := func(b byte) uint8 { return [4]uint8{0, 0, 1, 2}[b>>6] }
	for ; start+sample <= end; start += every {
		before := kind(e.src[start])
		for _, b := range e.src[start+1 : start+sample] {
			k := kind(b)
			counts[before&1][k]++
			before = k
		}
	}
	var all [3]uint32
	total := uint32(0)
	for k := range all {
		all[k] = counts[0][k] + counts[1][k]
		total += all[k]
	}
	if total == 0 {
		return 1
	}
	logs := e.lits.logs
	one, _ := logs.entropy(all[:])
	behind0, _ := logs.entropy(counts[0][:])
	behind1, _ := logs.entropy(counts[1][:])
	share := 1 / float32(total)
	if float32(one*share)-float32((behind0+behind1)*share) < gain {
		return 1
	}
	return 2
}

// addLiterals adds the literals src[start:end].
func (e *Encoder) addLiterals(start, end int) {
	c, src := &e.lits, e.src
	for start < end {
		n := min(end-start, c.target-c.size)
		counts := c.counts[c.numTypes*c.contexts*c.alphabet:]
		if c.contexts == 1 {
			addBytes((*[literalCodes]uint32)(counts), src[start:start+n])
		} else {
			t := literalContext
			last, beforeLast := bytesBefore(src, start)
			for _, b := range src[start : start+n] {
				counts[t.of(last, beforeLast)<<8|int(b)]++
				last, beforeLast = b, last
			}
		}
		start += n
		c.size += n
		if c.size == c.target {
			c.endBlock()
		}
	}
}

func addBytes(counts *[literalCodes]uint32, b []byte) {
	for _, v := range b {
		counts[v]++
	}
}

// bytesBefore returns the two bytes before position p, the nearer first.
func bytesBefore(src []byte, p int) (last, beforeLast byte) {
	if p > 0 {
		last = src[p-1]
	}
	if p > 1 {
		beforeLast = src[p-2]
	}
	return last, beforeLast
}
