package transport

import (
	"encoding/binary"
	"fmt"
)

// Every message is preceded by a frame header of this many bytes, on the lane and on a stream of its own:
//
//	type u8 | zero u8 | kind u16 | id u32 | arg u32 | head u32 | body u32        (big-endian)
const frameSize = 20

// laneMax is the most head and body bytes that ride on the lane. Larger messages have their own stream, so that a frame never
// delays the next one for long.
const laneMax = 16 << 10

// streamID marks ids of calls that have a stream of their own. The rest of the id is the number of that stream, so both sides
// can name the call even if its first byte never arrived. Ids of calls on the lane have the bit clear and are chosen in turn.
const streamID = 1 << 31

type frameType uint8

// The values are on the wire.
const (
	frameMessage  frameType = 1  // kind, head, body
	frameRequest  frameType = 2  // kind, id (lane only), arg: milliseconds until the deadline, head, body
	frameResponse frameType = 3  // kind, id of the request, head, body
	frameFailure  frameType = 4  // the handler's error: kind is its code, id of the request, body its text
	frameRefusal  frameType = 5  // the transport's: kind is a code, id of the request or stream message
	frameCancel   frameType = 6  // the caller no longer wants request id
	frameCredit   frameType = 7  // lane messages were handled: id is their number, arg their bytes
	frameEnded    frameType = 8  // stream message id was handled
	framePing     frameType = 9  // id is to be repeated
	framePong     frameType = 10 // id
	frameRetire   frameType = 11 // the sender starts no new call on this connection
	frameFinished frameType = 12 // after frameRetire: all calls of the sender have ended
	frameStream   frameType = 13 // the sender has opened one more stream
)

// frame is a decoded header.
type frame struct {
	typ        frameType
	kind       uint16
	id, arg    uint32
	head, body uint32
}

func (f frame) size() int { return frameSize + int(f.head) + int(f.body) }

// isCall reports whether the frame asks for the receiver's handler.
func (f frame) isCall() bool { return f.typ == frameMessage || f.typ == frameRequest }

func (f frame) append(b []byte) []byte {
	b = append(b, byte(f.typ), 0)
	b = binary.BigEndian.AppendUint16(b, f.kind)
	b = binary.BigEndian.AppendUint32(b, f.id)
	b = binary.BigEndian.AppendUint32(b, f.arg)
	b = binary.BigEndian.AppendUint32(b, f.head)
	return binary.BigEndian.AppendUint32(b, f.body)
}

// parseFrame decodes a header and checks what holds on either carrier. Sizes are checked by parseLane and parseStream.
func parseFrame(b []byte) (frame, error) {
	if len(b) < frameSize {
		return frame{}, fmt.Errorf("%w: frame header of %d bytes", ErrMalformed, len(b))
	}
	f := frame{
		typ:  frameType(b[0]),
		kind: binary.BigEndian.Uint16(b[2:]),
		id:   binary.BigEndian.Uint32(b[4:]),
		arg:  binary.BigEndian.Uint32(b[8:]),
		head: binary.BigEndian.Uint32(b[12:]),
		body: binary.BigEndian.Uint32(b[16:]),
	}
	if b[1] != 0 {
		return frame{}, fmt.Errorf("%w: frame byte 1 is %d, not zero", ErrMalformed, b[1])
	}
	return f, f.checkFields()
}

// checkFields refuses fields that the type gives no meaning: there is one encoding of each frame.
func (f frame) checkFields() error {
	var kind, id, arg, payload bool
	switch f.typ {
	case frameMessage:
		kind, payload = true, true
	case frameRequest:
		kind, id, arg, payload = true, true, true, true
	case frameResponse, frameFailure:
		kind, id, payload = true, true, true
	case frameRefusal:
		kind, id = true, true
	case frameCredit:
		id, arg = true, true
	case frameCancel, frameEnded, framePing, framePong:
		id = true
	case frameRetire, frameFinished, frameStream:
	default:
		return fmt.Errorf("%w: unknown frame type %d", ErrMalformed, f.typ)
	}
	if !kind && f.kind != 0 || !id && f.id != 0 || !arg && f.arg != 0 || !payload && f.head|f.body != 0 {
		return fmt.Errorf("%w: frame type %d with a field it does not have", ErrMalformed, f.typ)
	}
	if f.typ == frameFailure && (f.head != 0 || f.body > maxErrorText) {
		return fmt.Errorf("%w: error text of %d bytes", ErrMalformed, f.body)
	}
	if f.typ == frameRefusal && f.kind == uint16(codeDone) {
		return fmt.Errorf("%w: refusal without a reason", ErrMalformed)
	}
	return nil
}

// parseLane decodes a header that arrived on the lane.
func parseLane(b []byte) (frame, error) {
	f, err := parseFrame(b)
	if err != nil {
		return f, err
	}
	if f.head > laneMax || f.body > laneMax || f.head+f.body > laneMax {
		return f, fmt.Errorf("%w: lane frame of %d + %d bytes", ErrMalformed, f.head, f.body)
	}
	if f.typ == frameRequest && f.id&streamID != 0 {
		return f, fmt.Errorf("%w: lane request with the id of a stream", ErrMalformed)
	}
	return f, nil
}

// parseStream decodes the header of a message that has its own stream. It returns [ErrTooLarge] together with the frame when
// only the sizes are wrong.
func parseStream(b []byte) (frame, error) {
	f, err := parseFrame(b)
	if err != nil {
		return f, err
	}
	if !f.isCall() && f.typ != frameResponse {
		return f, fmt.Errorf("%w: frame type %d on a stream of its own", ErrMalformed, f.typ)
	}
	if f.isCall() && f.id != 0 {
		return f, fmt.Errorf("%w: stream call with an id in its header", ErrMalformed)
	}
	if f.head > MaxHead || f.body > MaxBody {
		return f, fmt.Errorf("%w: head of %d and body of %d bytes announced", ErrTooLarge, f.head, f.body)
	}
	return f, nil
}
