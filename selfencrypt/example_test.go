package selfencrypt_test

import (
	"bytes"
	"context"
	"errors"
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

// A file on disk is encrypted where it is; the plan says beforehand what that
// will come to.
func ExampleEncryptAt() {
	ctx := context.Background()
	content := bytes.NewReader(make([]byte, 3_000_000)) // or an *os.File
	plan, err := selfencrypt.Plan(content.Size(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for level, layout := range plan {
		fmt.Printf("level %d: %d bytes in %d chunks\n", level, layout.Size(), layout.Chunks())
	}

	var store selfencrypt.MemStore
	dataMap, err := selfencrypt.EncryptAt(ctx, content, content.Size(), &store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := selfencrypt.StoreMap(ctx, dataMap, &store, nil); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(store.Len(), "chunks stored")
	// Output:
	// level 0: 3000000 bytes in 3 chunks
	// level 1: 208 bytes in 1 chunks
	// 4 chunks stored
}

// A check of all copies reads everything and hands out nothing.
func ExampleVerify() {
	ctx := context.Background()
	var store selfencrypt.MemStore
	_, dataMap, err := selfencrypt.Write(ctx, strings.NewReader(strings.Repeat("chapter ", 20_000)), &store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(selfencrypt.Verify(ctx, dataMap, &store, nil))

	var empty selfencrypt.MemStore
	var bad *selfencrypt.VerifyError
	if errors.As(selfencrypt.Verify(ctx, dataMap, &empty, nil), &bad) {
		fmt.Println(len(bad.Chunks), "of", bad.Total, "are missing")
	}
	// Output:
	// <nil>
	// 3 of 3 are missing
}

// What the crate self_encryption 0.36 wrote is read with its own data map, and
// what is written with its suite that crate reads.
func ExampleImportJSON() {
	ctx := context.Background()
	var store selfencrypt.MemStore // holds the chunks
	opt := &selfencrypt.Options{Suite: selfencrypt.Suite036}
	dataMap, err := selfencrypt.Encrypt(ctx, strings.NewReader("shared with others"), &store, opt)
	if err != nil {
		fmt.Println(err)
		return
	}
	json, err := dataMap.ExportJSON()
	if err != nil {
		fmt.Println(err)
		return
	}

	theirs, err := selfencrypt.ImportJSON(selfencrypt.Suite036, json)
	if err != nil {
		fmt.Println(err)
		return
	}
	file, err := selfencrypt.Open(ctx, theirs, &store, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer file.Close()
	content, err := io.ReadAll(file)
	fmt.Printf("%s: %q %v\n", theirs, content, err)
	// Output: data map of 18 bytes in 3 chunks of 0.36: "shared with others" <nil>
}
