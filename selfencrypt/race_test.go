//go:build race

package selfencrypt

const raceDetector = true
