package vault_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/safenet-go/safenet/vault"
)

// A network of two vaults: the first begins it, the second joins through it.
func ExampleStart() {
	dir, err := os.MkdirTemp("", "vaults-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)

	first, err := vault.Start(context.Background(), vault.Config{Dir: filepath.Join(dir, "first"), First: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer first.Close()
	second, err := vault.Start(context.Background(), vault.Config{
		Dir:      filepath.Join(dir, "second"),
		Contacts: []string{first.Info().Addr},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer second.Close()

	fmt.Println("members:", second.Info().Members)
	fmt.Println("one network:", first.Info().Network == second.Info().Network)
	fmt.Println("chunks:", second.Info().Chunks)
	// Output:
	// members: 2
	// one network: true
	// chunks: 0
}
