package transport

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/quic-go/quic-go"
	"github.com/quic-go/quic-go/qlogwriter"
)

// qlogTracer opens a file for each connection, named by its first connection id and our side. It is nil without a directory.
func (ep *endpoint) qlogTracer() func(context.Context, bool, quic.ConnectionID) qlogwriter.Trace {
	if ep.cfg.QLogDir == "" {
		return nil
	}
	return func(_ context.Context, dialled bool, id quic.ConnectionID) qlogwriter.Trace {
		side := "acceptor"
		if dialled {
			side = "dialler"
		}
		f, err := os.Create(filepath.Join(ep.cfg.QLogDir, fmt.Sprintf("%s_%s.sqlog", id, side)))
		if err != nil {
			ep.cfg.Logger.Warn("transport: no qlog of a connection", "error", err)
			return nil
		}
		trace := qlogwriter.NewConnectionFileSeq(&bufferedFile{Writer: bufio.NewWriter(f), f: f}, dialled, id)
		ep.logs.Go(trace.Run)
		return trace
	}
}

// bufferedFile is a file whose Close writes out what is buffered.
type bufferedFile struct {
	*bufio.Writer
	f *os.File
}

func (b *bufferedFile) Close() error { return errors.Join(b.Flush(), b.f.Close()) }
