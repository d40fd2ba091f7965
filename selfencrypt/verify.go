package selfencrypt

import (
	"context"
	"errors"
	"fmt"
)

// A VerifyError lists the chunks of a file that could not be fetched or are not
// what the data map says. It unwraps to them.
type VerifyError struct {
	Chunks []*ChunkError // in the order of the content
	Total  int           // how many chunks the file has
}

func (e *VerifyError) Error() string {
	return fmt.Sprintf("selfencrypt: %d of %d chunks are bad, first %v", len(e.Chunks), e.Total, e.Chunks[0])
}

// Unwrap returns the errors of all bad chunks.
func (e *VerifyError) Unwrap() []error {
	errs := make([]error, len(e.Chunks))
	for i, c := range e.Chunks {
		errs[i] = c
	}
	return errs
}

// Verify fetches every chunk of the file that m stands for and checks it in
// full, as reading would, but hands out nothing and goes on after a bad one.
// The error is a *VerifyError; or one of LoadMap's if a level of the map cannot
// be read; or the context's. It needs the memory of a Reader.
func Verify(ctx context.Context, m *DataMap, store ChunkStore, opt *Options) error {
	r, err := Open(ctx, m, store, opt)
	if err != nil {
		return err
	}
	defer r.Close()
	total := r.plan.Chunks()
	var bad []*ChunkError
	for i := range total {
		r.window.ahead(i, min(i+1+r.maxAhead, total))
		s, err := r.window.acquire(i)
		if err == nil {
			r.window.release(s)
			continue
		}
		var c *ChunkError
		if !errors.As(err, &c) || ctx.Err() != nil {
			return r.explain(err)
		}
		bad = append(bad, c)
	}
	if len(bad) > 0 {
		return &VerifyError{Chunks: bad, Total: int(total)}
	}
	return nil
}
