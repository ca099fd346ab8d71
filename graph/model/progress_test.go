package model_test

import (
	"testing"

	"purser/graph/model"
	"purser/internal/instant"
)

func TestComplete(t *testing.T) {
	start := instant.Milli(1000)
	tests := []struct {
		name    string
		p       model.MoveProgress
		percent float64
		left    int
		finish  instant.Milli
	}{
		{"queued", model.MoveProgress{Status: model.MoveStatusQueued, Total: 10, At: 1000}, 0, 10, 0},
		{"under way", model.MoveProgress{Status: model.MoveStatusRunning, Total: 10, Moved: 2, AlreadyLicensed: 2, Gone: 1, At: 2000}, 50, 5, 3000},
		{"nobody yet", model.MoveProgress{Status: model.MoveStatusRunning, Total: 10, At: 2000}, 0, 10, 0},
		{"nobody at all", model.MoveProgress{Status: model.MoveStatusSucceeded}, 100, 0, 0},
		{"failed", model.MoveProgress{Status: model.MoveStatusFailed, Total: 4, Moved: 1, At: 2000}, 25, 3, 0},
	}
	for _, tt := range tests {
		tt.p.Complete(&start)
		var finish instant.Milli
		if tt.p.EstimatedFinish != nil {
			finish = *tt.p.EstimatedFinish
		}
		if tt.p.Percent != tt.percent || tt.p.Remaining != tt.left || finish != tt.finish {
			t.Errorf("%s: %v %%, %d left, finish %d", tt.name, tt.p.Percent, tt.p.Remaining, finish)
		}
	}
}
