//go:build !race

package selfencrypt

const raceDetector = false
