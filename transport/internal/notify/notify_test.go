package notify

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestFunctionsRunInOrder(t *testing.T) {
	defer goleak.VerifyNone(t)
	var q Queue
	q.Wait()
	var got []int
	hold := make(chan struct{})
	q.Add(func() { <-hold })
	for i := range 100 {
		q.Add(func() { got = append(got, i) })
	}
	require.GreaterOrEqual(t, q.Len(), 100)
	close(hold)
	q.Wait()
	require.Zero(t, q.Len())
	require.Len(t, got, 100)
	for i, v := range got {
		require.Equal(t, i, v)
	}
}

func TestAFunctionMayAdd(t *testing.T) {
	var q Queue
	done := make(chan struct{})
	q.Add(func() { q.Add(func() { close(done) }) })
	<-done
	q.Wait()
}
