package brotli

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Every length has the code whose range it is in, RFC 7932 section 5.
func TestLengthCodes(t *testing.T) {
	for n := uint32(0); n < 1<<16; n++ {
		requireInRange(t, n, insertCode(n), &insertLengths)
		if n >= 2 {
			requireInRange(t, n, copyCode(n), &copyLengths)
		}
	}
}

func requireInRange(t *testing.T, n uint32, code uint16, l *lengths) {
	t.Helper()
	if n < l.base[code] || n-l.base[code] >= 1<<l.extra[code] {
		require.Fail(t, "wrong code", "%d for %d", code, n)
	}
}

// RFC 7932 section 4: without direct codes and postfix bits, code 16+2(n-1)+h has
// n extra bits x and means the distance ((2+h)<<n) + x - 3.
func TestDistanceCodes(t *testing.T) {
	for distance := 1; distance < 1<<26; distance += 1 + distance>>10 {
		var c command
		c.setDistance(distance + shortCodes - 1)
		code, n := int(c.distCode&1023)-shortCodes, int(c.distCode>>10)
		require.Equal(t, code>>1+1, n)
		require.Equal(t, distance, (2+code&1)<<n+int(c.distance)-3)
		require.Less(t, code+shortCodes, distanceCodes)
	}
}

// RFC 7932 section 5: the cells of the insert-and-copy codes.
func TestCommandCodes(t *testing.T) {
	for _, v := range []struct {
		inserted, copied uint32
		lastDistance     bool
		code             uint16
	}{
		{0, 2, true, 0},
		{6, 9, true, 6<<3 | 7},
		{0, 10, true, 64},
		{0, 70, true, 384}, // no cell of its own
		{0, 2, false, 128},
		{0, 10, false, 192},
		{10, 2, true, 256},
		{10, 10, false, 320},
		{0, 70, false, 384},
		{130, 2, false, 448},
		{10, 70, false, 512},
		{130, 10, false, 576},
		{22594, 2118, false, 703},
	} {
		c := command{inserted: v.inserted, copied: v.copied, copyCode: v.copied, distCode: 20}
		if v.lastDistance {
			c.distCode = 0
		}
		c.setLengthCode()
		require.Equal(t, v.code, c.code, v)
	}
}

// RFC 7932 section 4: what the short codes mean.
func TestShortCodes(t *testing.T) {
	e := Encoder{last: [4]int{100, 200, 300, 400}}
	for distance, code := range map[int]int{
		100: 0, 200: 1, 300: 2, 400: 3, 99: 4, 101: 5, 98: 6, 102: 7, 97: 8, 103: 9,
		199: 10, 201: 11, 198: 12, 202: 13, 197: 14, 203: 15, 104: 119, 1: 16,
	} {
		require.Equal(t, code, e.shortCode(distance), distance)
	}
}
