package transport

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFrameLayout(t *testing.T) {
	f := frame{typ: frameRequest, kind: 0x0102, id: 0x03040506, arg: 0x0708090a, head: 0x0b0c, body: 0x0d0e}
	require.Equal(t, []byte{2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 11, 12, 0, 0, 13, 14}, f.append(nil))
	back, err := parseFrame(f.append(nil))
	require.NoError(t, err)
	require.Equal(t, f, back)
	_, err = parseFrame(f.append(nil)[:frameSize-1])
	require.ErrorIs(t, err, ErrMalformed)
}

func TestCodesHaveErrors(t *testing.T) {
	for c := range codeCount {
		require.Error(t, c.err())
	}
	require.ErrorIs(t, code(60_000).err(), ErrMalformed)
	for _, c := range []code{codeBusy, codeNoHandler, codeDeadline, codeCanceled, codeTooLarge} {
		require.Equal(t, c, refusalCode(c.err()))
	}
	require.Equal(t, codeRefused, refusalCode(errors.New("other")))
}

func FuzzFrame(f *testing.F) {
	for typ := range frameFinished + 2 {
		f.Add(frame{typ: typ, kind: 1, id: 2, arg: 3, head: 4, body: 5}.append(nil))
		f.Add(frame{typ: typ}.append(nil))
	}
	f.Add(frame{typ: frameMessage, head: 1<<32 - 1, body: 1}.append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		parsed, err := parseFrame(b)
		if err != nil {
			require.ErrorIs(t, err, ErrMalformed)
			return
		}
		require.True(t, bytes.Equal(b[:frameSize], parsed.append(nil)), "one encoding")
		if lane, err := parseLane(b); err == nil {
			require.LessOrEqual(t, lane.size(), frameSize+laneMax)
		}
		switch stream, err := parseStream(b); {
		case err == nil:
			require.LessOrEqual(t, stream.size(), frameSize+MaxHead+MaxBody)
		default:
			require.True(t, errors.Is(err, ErrMalformed) || errors.Is(err, ErrTooLarge))
		}
	})
}

func FuzzHello(f *testing.F) {
	good := hello{version: helloOldest, calls: 7, bytes: minBytesPerPeer}.append(nil)
	f.Add(good)
	f.Add(append(bytes.Clone(good), 1, 2, 3))
	f.Add(good[:9])
	f.Add([]byte("SAFE\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bytes.NewReader(b)
		h, err := readHello(r)
		if err != nil {
			return
		}
		require.True(t, h.calls >= 1 && h.calls <= maxMaxStreams)
		require.True(t, h.bytes >= minBytesPerPeer && h.bytes <= maxBytesPerPeer)
		again, err := readHello(bytes.NewReader(h.append(nil)))
		require.NoError(t, err)
		require.Equal(t, h, again)
		require.GreaterOrEqual(t, len(b)-r.Len(), helloFixed+helloBody)
	})
}
