package model

import "purser/internal/instant"

// Complete fills what follows from the counts: remaining, percent and the estimated finish.
// startedAt is when the first user was about to be moved, and nil before.
func (p *MoveProgress) Complete(startedAt *instant.Milli) {
	done := p.Moved + p.AlreadyLicensed + p.Gone
	p.Remaining = p.Total - done
	switch {
	case p.Status == MoveStatusSucceeded:
		p.Percent = 100
	case p.Total > 0:
		p.Percent = float64(done) * 100 / float64(p.Total)
	}
	if p.Status == MoveStatusRunning && startedAt != nil && done > 0 && p.At > *startedAt {
		finish := p.At + (p.At-*startedAt)*instant.Milli(p.Remaining)/instant.Milli(done)
		p.EstimatedFinish = &finish
	}
}
