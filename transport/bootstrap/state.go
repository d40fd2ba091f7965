package bootstrap

import (
	"context"
	"log/slog"
	"time"

	"github.com/safenet-go/safenet/transport"
)

// State is where an attempt, or Join as a whole, stands.
type State uint8

// An attempt goes through Resolving, if its contact has a host name, or else through Dialling and Checking, and ends in Joined,
// Failed or LetGo. Join as a whole is Waiting between rounds and ends in Joined or Failed.
const (
	Resolving State = iota + 1 // looking up a host name; each of its addresses becomes an attempt
	Dialling                   // connecting
	Checking                   // connected; the caller's check runs
	Joined                     // passed the check, and was the first to: Join returns this peer
	Failed                     // the attempt did, or Join as a whole
	LetGo                      // another one was first, or the same peer is judged by way of another address
	Waiting                    // nobody passed; the next round comes after a pause
)

var stateNames = [...]string{"unknown", "resolving", "dialling", "checking", "joined", "failed", "let go", "waiting"}

// String returns the state in words, for a log.
func (s State) String() string {
	if int(s) >= len(stateNames) {
		s = 0
	}
	return stateNames[s]
}

// Event is a change of state.
type Event struct {
	State State
	Round int              // from 1
	Addr  string           // of the attempt
	ID    transport.PeerID // of the attempt, zero while unknown
	Pause time.Duration    // Waiting: how long
	Err   error            // Failed: an *AttemptError, or a *JoinError for Join as a whole
}

// level is Warn only for what the caller of Join gets as an error.
func (e Event) level() slog.Level {
	switch e.Err.(type) {
	case *JoinError:
		return slog.LevelWarn
	case *AttemptError:
		return slog.LevelInfo
	}
	if e.State == Joined || e.State == Waiting {
		return slog.LevelInfo
	}
	return slog.LevelDebug
}

func (e Event) log(l *slog.Logger) {
	level := e.level()
	if !l.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{slog.Int("round", e.Round)}
	if e.Addr != "" {
		attrs = append(attrs, slog.String("addr", e.Addr))
	}
	if !e.ID.IsZero() {
		attrs = append(attrs, slog.String("peer", e.ID.String()))
	}
	if e.State == Waiting {
		attrs = append(attrs, slog.Duration("pause", e.Pause))
	}
	if e.Err != nil {
		attrs = append(attrs, slog.Any("error", e.Err))
	}
	l.LogAttrs(context.Background(), level, "bootstrap: "+e.State.String(), attrs...)
}
