package store_test

import (
	"fmt"
	"log"
	"os"

	"github.com/safenet-go/safenet/vault/store"
	"github.com/safenet-go/safenet/xorname"
)

func Example() {
	dir, err := os.MkdirTemp("", "vault")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	s, err := store.Open(dir, &store.Options{
		Space:     10 << 30,
		OnCorrupt: func(name xorname.Name, _ error) { log.Println("fetch again:", name) },
	})
	if err != nil {
		log.Fatal(err)
	}
	defer s.Close()

	chunk := []byte("what a client encrypted")
	name := xorname.FromContent(chunk)
	if err := s.Put(name, chunk); err != nil {
		log.Fatal(err)
	}
	got, err := s.Get(name)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n%+v\n", got, s.Usage())
	// Output:
	// what a client encrypted
	// {Chunks:1 Bytes:23}
}
