package members

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The sentences of the paper that this package implements.

// Network Traversal: "The chunk will be stored in the vault with the identifier
// closest to the chunk identifier (measured using XOR distance)."
func TestPaperTheClosestVaultIsAHolder(t *testing.T) {
	l := full(t, 8, 40).Present()
	for n := 100; n < 200; n++ {
		chunk := name(n)
		closest := l.Holders(chunk)[0]
		for i := range 40 {
			require.False(t, name(i).Xor(chunk).Less(closest.Name.Xor(chunk)))
		}
	}
}

// Close Group Consensus: "Since anyone may add or remove their vaults from the
// network at any time": the holders of a chunk change by one at most when a
// vault comes or goes, and only if it is close to the chunk.
func TestPaperHoldersChangeByOneWhenAVaultGoes(t *testing.T) {
	b := full(t, 8, 40)
	chunk := name(77)
	before := b.Present().Holders(chunk)
	for i := range 40 {
		e := b.Get(public(i))
		e.Present = false
		after := b.Present().Holders(chunk)
		gone := 0
		for _, h := range before {
			if h == e.Contact {
				gone++
				continue
			}
			require.Contains(t, after, h)
		}
		require.LessOrEqual(t, gone, 1)
		e.Present = true
	}
}
