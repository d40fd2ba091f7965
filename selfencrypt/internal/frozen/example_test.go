package frozen_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/safenet-go/safenet/selfencrypt/internal/frozen"
)

// A chunk is kept compressed if that is worth it, else as it is. The hash shows
// that the bytes are the same everywhere and always.
func Example() {
	chunk := bytes.Repeat([]byte("the same bytes have the same address. "), 100)

	var encoder frozen.Encoder
	frame, ok := encoder.AppendCompressed(nil, chunk)
	fmt.Println(len(chunk), "->", len(frame), ok)
	fmt.Printf("%x\n", sha256.Sum256(frame))

	back, err := frozen.AppendDecompressed(nil, frame, len(chunk))
	fmt.Println(bytes.Equal(chunk, back), err)
	// Output:
	// 3800 -> 51 true
	// 1319ceb68b1d3bdc83e8120a694bb88015428f0e12336ad6b594178b2db2f966
	// true <nil>
}
