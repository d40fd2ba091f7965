package client

import (
	"errors"
	"fmt"

	"github.com/safenet-go/safenet/xorname"
)

// What can become of a request. All are tested with errors.Is.
var (
	// ErrNotFound: more than half of the vaults that would hold the chunk have
	// signed that they do not.
	ErrNotFound = errors.New("not found on the network")
	// ErrUnreachable: the vaults that hold the chunk did not answer. It may be
	// there all the same.
	ErrUnreachable = errors.New("the vaults that would hold it do not answer")
	// ErrNoVault: no vault of the network could be reached.
	ErrNoVault = errors.New("no vault of the network can be reached")
	// ErrFull: the vaults have no space.
	ErrFull = errors.New("the vaults have no space left")
	// ErrTooLarge: a chunk is larger than a vault holds.
	ErrTooLarge = errors.New("chunk is larger than 1 MiB")
	// ErrNetwork: the contact is of another network than the one asked for.
	ErrNetwork = errors.New("the contact belongs to another network")
	// ErrClosed: the client is closed.
	ErrClosed = errors.New("client is closed")
)

// TooFewError says that a chunk could not be stored at enough vaults: fewer
// signed for it than must. It may be stored at those that did.
type TooFewError struct {
	Name   xorname.Name
	Signed int // vaults that signed
	Need   int // more than half of the holders
	Of     int // holders
}

func (e *TooFewError) Error() string {
	return fmt.Sprintf("chunk %s: %d of %d vaults signed, %d must; start more vaults or try again",
		e.Name.String()[:8], e.Signed, e.Of, e.Need)
}
