package outbox

import "time"

const (
	// firstWait is how long to wait after the first failed attempt; each time twice as long.
	firstWait = 30 * time.Second
	// longestWait is how long to wait at most.
	longestWait = time.Hour
	// patience is how long a mail is tried for, in time that is spent waiting between attempts.
	patience = 24 * time.Hour
)

// backoff returns how long to wait after the nth attempt, from 1.
func backoff(n int) time.Duration {
	d := firstWait
	for ; n > 1 && d < longestWait; n-- {
		d *= 2
	}
	return min(d, longestWait)
}

// mostAttempts is how often a mail is tried: as often as fits into a day. Attempts are counted, and
// not the time since it was queued, so that no mail is given up because this server was down.
var mostAttempts = func() int {
	n := 1
	for waited := time.Duration(0); waited < patience; n++ {
		waited += backoff(n)
	}
	return n
}()
