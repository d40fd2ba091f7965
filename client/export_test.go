package client

import "time"

// NewAddress makes the address of a file on a network.
var NewAddress = newAddress

// SetListAge shortens how long an old member list counts.
func (c *Client) SetListAge(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lists.age = d
}
