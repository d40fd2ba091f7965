// Package sha3x4 computes the SHA3-256 (FIPS 202) of several byte strings at
// once. A single Keccak permutation does not use a CPU's vector unit; with AVX2,
// four of them side by side take as long as 1.5 to 2 one after the other.
//
// The permutation of four states is that of github.com/cloudflare/circl (BSD
// 3-clause, assembly without cgo); ours is what surrounds it, the sponge of each
// lane and which input goes into which lane. On every other CPU, and with the
// build tag purego, each input goes through crypto/sha3. That includes arm64:
// circl pairs two states there, on Apple's CPUs only, with the instructions that
// crypto/sha3 uses there for one.
package sha3x4

import (
	"crypto/sha3"

	"github.com/cloudflare/circl/simd/keccakf1600"
)

// Lanes is how many inputs are hashed side by side: 4, or 1 where there is
// nothing to gain from giving [Sum256] more than one input.
func Lanes() int {
	if assembled && keccakf1600.IsEnabledX4() {
		return lanes
	}
	return 1
}

// Sum256 sets each of sums to the SHA3-256 of the input of the same index. Any
// number of inputs of any lengths will do; four or more of about the same length
// gain most, and none costs noticeably more than in crypto/sha3.
//
// It panics if there are not as many sums as inputs. No input may share memory
// with sums. It may be called concurrently, works in the calling goroutine, and
// allocates nothing once it was called with as many inputs.
func Sum256(sums [][32]byte, inputs [][]byte) {
	if len(sums) != len(inputs) {
		panic("sha3x4: the numbers of sums and inputs differ")
	}
	if len(inputs) < 2 || Lanes() == 1 {
		sumEach(sums, inputs)
	} else {
		sumSideBySide(sums, inputs)
	}
}

func sumEach(sums [][32]byte, inputs [][]byte) {
	for i, in := range inputs {
		sums[i] = sha3.Sum256(in)
	}
}

func sumSideBySide(sums [][32]byte, inputs [][]byte) {
	b := batches.Get().(*batch)
	b.start(sums, inputs)
	for b.assign() {
		for !b.step() {
		}
	}
	b.end()
	batches.Put(b)
}
