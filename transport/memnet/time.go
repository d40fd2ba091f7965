package memnet

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"
)

const never = time.Duration(math.MaxInt64)

// after is t later by d, at most never. Both are positive.
func after(t, d time.Duration) time.Duration {
	if d > never-t {
		return never
	}
	return t + d
}

// occupied is how long so many bytes occupy a link of so many bytes a second, whole nanoseconds; 0 is a link without limit.
func occupied(size, bandwidth int) time.Duration {
	if bandwidth <= 0 || size <= 0 {
		return 0
	}
	hi, lo := bits.Mul64(uint64(size), uint64(time.Second))
	if hi >= uint64(bandwidth) {
		return never
	}
	d, _ := bits.Div64(hi, lo, uint64(bandwidth))
	return time.Duration(min(d, uint64(never)))
}

// share is the probability p as a bound for uniform 64-bit numbers: those below it are in the share.
func share(p float64) uint64 {
	switch {
	case !(p > 0): // not a number, too
		return 0
	case p >= 1:
		return math.MaxUint64
	}
	return uint64(p * (1 << 64))
}

// upTo draws from 0 to most, evenly but for one part in 2^64/most (Lemire, "Fast random integer generation in an interval", 2019,
// without its last step). It is written here, not taken from a library, because digests depend on it.
func upTo(most time.Duration, random *rand.PCG) time.Duration {
	if most <= 0 {
		return 0
	}
	hi, _ := bits.Mul64(random.Uint64(), uint64(most)+1)
	return time.Duration(hi)
}
