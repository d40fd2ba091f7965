package brotli_test

import (
	"fmt"
	"strings"

	"github.com/safenet-go/safenet/selfencrypt/internal/brotli"
)

func Example() {
	chunk := []byte(strings.Repeat("as it was said, so it was done. ", 1000))

	var e brotli.Encoder // kept for the next chunk, of one goroutine
	stream := e.AppendCompressed(nil, chunk)
	fmt.Printf("%d bytes as %x\n", len(chunk), stream)

	var d brotli.Decoder
	content, err := d.AppendDecompressed(nil, stream, len(chunk))
	fmt.Println(string(content[:15]), err)

	_, err = d.AppendDecompressed(nil, stream, len(chunk)-1)
	fmt.Println(err)
	// Output:
	// 32000 bytes as 1bff7c00041c72a49fb7d0030ade829882cd657ab03654261f74b20d1e1ad6a403280e
	// as it was said, <nil>
	// brotli: content too long: more than 31999 bytes
}
