package transport

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A stream may be here before its announcement: it waits, whatever its size.
func TestAStreamIsTakenWhenItIsAnnounced(t *testing.T) {
	ep := start(t, 1, Config{})
	in := intrudeWithHello(t, ep, 2, nil)
	require.NoError(t, in.silentStream(append(frame{typ: frameRequest, body: 3}.append(nil), "abc"...)).Close())
	in.requireAlive() // no answer came before the pong
	in.say(frame{typ: frameStream}.append(nil))
	f, payload := in.hear()
	require.Equal(t, frameResponse, f.typ)
	require.Equal(t, "abc", string(payload))
}

func TestAnnouncementsAreBounded(t *testing.T) {
	ep := start(t, 1, Config{MaxStreams: 2})
	in := intrudeWithHello(t, ep, 2, nil)
	for range 4 { // two calls, and two answers to ours
		in.say(frame{typ: frameStream}.append(nil))
	}
	in.requireAlive()
	in.say(frame{typ: frameStream}.append(nil))
	in.requireClosed(codeLimit)
}

func TestStreamsWeOpenAreAnnounced(t *testing.T) {
	ep := start(t, 1, Config{})
	in := intrudeWithHello(t, ep, 2, nil)
	require.NoError(t, ep.Send(testContext(t), testID(2), Message{Body: make([]byte, laneMax+1)}))
	f, _ := in.hear()
	require.Equal(t, frame{typ: frameStream}, f)
	_, err := in.qc.AcceptUniStream(testContext(t))
	require.NoError(t, err)
}

// A peer of the first version knows nothing of announcements: it sends none, and gets none.
func TestAPeerThatDoesNotAnnounce(t *testing.T) {
	ep := start(t, 1, Config{})
	in := intrude(t, ep, 2, nil)
	in.say(hello{version: helloOldest, calls: 64, bytes: minBytesPerPeer}.append(nil))
	_, err := readHello(in.lane)
	require.NoError(t, err)

	for range 3 {
		require.NoError(t, in.silentStream(append(frame{typ: frameRequest, body: 3}.append(nil), "abc"...)).Close())
		f, payload := in.hear()
		require.Equal(t, frameResponse, f.typ)
		require.Equal(t, "abc", string(payload))
	}
	require.NoError(t, ep.Send(testContext(t), testID(2), Message{Body: make([]byte, laneMax+1)}))
	str, err := in.qc.AcceptUniStream(testContext(t))
	require.NoError(t, err)
	str.CancelRead(0)
	in.requireAlive()

	in.say(frame{typ: frameStream}.append(nil))
	in.requireClosed(codeMalformed)
}
