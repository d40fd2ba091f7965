package selfencrypt_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/safenet-go/safenet/selfencrypt"
)

func Example() {
	ctx := context.Background()
	var store selfencrypt.MemStore // or a directory, or the network

	address, _, err := selfencrypt.Write(ctx, strings.NewReader("Hello, network.\n"), &store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	dataMap, err := selfencrypt.LoadMap(ctx, address, &store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := selfencrypt.Open(ctx, dataMap, &store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	if _, err := io.Copy(os.Stdout, file); err != nil {
		fmt.Println(err)
	}
	// Output: Hello, network.
}

// A part of a large file costs only the chunks that hold it.
func ExampleReader_ReadAt() {
	ctx := context.Background()
	var store selfencrypt.MemStore
	content := bytes.Repeat([]byte("0123456789"), 500_000)
	dataMap, err := selfencrypt.Encrypt(ctx, bytes.NewReader(content), &store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}

	file, err := selfencrypt.Open(ctx, dataMap, &store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	part := make([]byte, 5)
	if _, err := file.ReadAt(part, 4_000_003); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s of a %s\n", part, dataMap)
	// Output: 34567 of a data map of 5000000 bytes in 5 chunks of SAFE
}

// An address is kept in its binary form, as a secret; printing it shows
// nothing that opens the file.
func ExampleAddress_MarshalBinary() {
	var store selfencrypt.MemStore
	opt := &selfencrypt.Options{Secret: bytes.Repeat([]byte{7}, 32)}
	address, _, err := selfencrypt.Write(context.Background(), strings.NewReader("a diary"), &store, opt)
	if err != nil {
		fmt.Println(err)
		return
	}
	b, err := address.MarshalBinary()
	if err != nil {
		fmt.Println(err)
		return
	}

	var again selfencrypt.Address
	fmt.Println(len(b), again.UnmarshalBinary(b), again == address)
	// Output: 98 <nil> true
}
