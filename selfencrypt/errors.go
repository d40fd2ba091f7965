package selfencrypt

import (
	"errors"
	"fmt"

	"github.com/safenet-go/safenet/xorname"
)

var (
	// ErrCorrupt: a chunk is not what its name, key or data map says. Another
	// copy may be good.
	ErrCorrupt = errors.New("selfencrypt: corrupt chunk")

	// ErrMapFormat: bytes are not the canonical form of a data map, or a map
	// does not belong where it was found.
	ErrMapFormat = errors.New("selfencrypt: malformed data map")

	// ErrAddressFormat: bytes are not the canonical form of an address.
	ErrAddressFormat = errors.New("selfencrypt: malformed address")

	// ErrTooLarge: a data map needs more than Options.MaxMapBytes, or a chunk
	// put into a store is longer than it takes.
	ErrTooLarge = errors.New("selfencrypt: too large")

	// ErrTooSmall: a compatible suite encrypts MinCompatible bytes at least.
	ErrTooSmall = errors.New("selfencrypt: too small")

	// ErrSize: content has another length than was said, or changed while it
	// was read.
	ErrSize = errors.New("selfencrypt: content of another size than stated")

	// ErrSuite: a suite that is unknown, or cannot do what was asked.
	ErrSuite = errors.New("selfencrypt: not with this suite")

	// ErrNotFound: the store knows that it does not hold the chunk.
	ErrNotFound = errors.New("selfencrypt: chunk not found")
)

// A Stage is the step in the life of a chunk at which something failed.
type Stage string

// The stages, in the order in which a chunk passes them.
const (
	StagePut        Stage = "put"        // the store did not take it
	StageGet        Stage = "get"        // the store did not give it
	StageLength     Stage = "length"     // the chunk, or its content, has the wrong length
	StageName       Stage = "name"       // its hash is not its name
	StageDecrypt    Stage = "decrypt"    // the key does not open it
	StageDecompress Stage = "decompress" // what it held does not unpack
	StageContent    Stage = "content"    // the content's hash is not the one in the map
)

// A ChunkError says which chunk failed and where. It unwraps to the store's
// own error for StagePut and StageGet, and to ErrCorrupt for every other stage.
type ChunkError struct {
	Name  xorname.Name
	Index int // position in its level
	Level int // 0 for content, above for the chunks of a stored map
	Stage Stage
	Err   error
}

func (e *ChunkError) Error() string {
	return fmt.Sprintf("selfencrypt: chunk %d of level %d (%s): %s: %v", e.Index, e.Level, e.Name, e.Stage, e.Err)
}

// Unwrap returns the cause.
func (e *ChunkError) Unwrap() error { return e.Err }
