package main

import (
	"encoding/json"
	"io"
	"os"

	"github.com/safenet-go/safenet/client"
	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// The lines of JSON.
type putReport struct {
	File    string  `json:"file"`
	Address string  `json:"address"`
	Size    int64   `json:"size"`
	Chunks  int     `json:"chunks"`
	There   int     `json:"already_there"`
	Retries int     `json:"retries"`
	Seconds float64 `json:"seconds"`
}

type getReport struct {
	File    string  `json:"file"`
	Size    int64   `json:"size"`
	Seconds float64 `json:"seconds"`
}

type statReport struct {
	Address string `json:"address"`
	Size    int64  `json:"size"`
	Chunks  int    `json:"chunks"`
	Levels  int    `json:"levels"`
}

func printJSON(out io.Writer, v any) error { return json.NewEncoder(out).Encode(v) }

// bar draws progress on a terminal, and nothing elsewhere.
func bar(errs io.Writer, o options, what string) func(client.Progress) {
	f, ok := errs.(*os.File)
	if o.json || !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	var b *progressbar.ProgressBar
	return func(p client.Progress) {
		if b == nil {
			size := p.Size
			if size == 0 {
				size = -1
			}
			b = progressbar.NewOptions64(size, progressbar.OptionSetWriter(errs),
				progressbar.OptionSetDescription(what), progressbar.OptionShowBytes(true), progressbar.OptionClearOnFinish())
		}
		_ = b.Set64(p.Done)
	}
}
