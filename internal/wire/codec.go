// Package wire is the canonical encoding of what crosses a connection or is
// signed, and the messages that vaults and clients exchange.
//
// The encoding is CBOR, core deterministic (RFC 8949, 4.2.1), structures as
// arrays. There is exactly one way to write a value, and Unmarshal refuses
// every other.
package wire

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// ErrMalformed is returned for bytes that are not the canonical encoding of
// the expected value.
var ErrMalformed = errors.New("malformed message")

// maxElements bounds each list of a message.
const maxElements = 4096

var (
	encoder = func() cbor.EncMode {
		opt := cbor.CoreDetEncOptions()
		opt.NilContainers = cbor.NilContainerAsEmpty // an empty list is written in one way
		m, err := opt.EncMode()
		if err != nil {
			panic(err)
		}
		return m
	}()
	decoder = func() cbor.DecMode {
		m, err := cbor.DecOptions{
			DupMapKey:         cbor.DupMapKeyEnforcedAPF,
			IndefLength:       cbor.IndefLengthForbidden,
			TagsMd:            cbor.TagsForbidden,
			ExtraReturnErrors: cbor.ExtraDecErrorUnknownField,
			MaxNestedLevels:   8,
			MaxArrayElements:  maxElements,
			MaxMapPairs:       maxElements,
		}.DecMode()
		if err != nil {
			panic(err)
		}
		return m
	}()
)

// Marshal returns the canonical encoding of v. The types of this package
// always encode; any other failure is a programming error.
func Marshal(v any) []byte {
	b, err := encoder.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("wire: encoding %T: %v", v, err))
	}
	return b
}

// Unmarshal decodes data into v. Data that is truncated, trailing or not the
// one canonical encoding of what it says is refused with ErrMalformed: the
// library alone would still accept over-long integers and short byte arrays,
// so the value is encoded again and compared.
func Unmarshal(data []byte, v any) error {
	if err := decoder.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	again, err := encoder.Marshal(v)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	if !bytes.Equal(again, data) {
		return fmt.Errorf("%w: not canonical", ErrMalformed)
	}
	return nil
}
