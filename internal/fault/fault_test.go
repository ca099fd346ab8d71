package fault_test

import (
	"errors"
	"fmt"
	"testing"

	"purser/internal/fault"
)

func TestAll(t *testing.T) {
	a, b := fault.New(fault.NotFound, "a").At("x"), fault.New(fault.Invalid, "b")
	tests := []struct {
		name string
		err  error
		want int
		ok   bool
		code fault.Code
	}{
		{"nothing", nil, 0, true, ""},
		{"one", a, 1, true, fault.NotFound},
		{"wrapped", fmt.Errorf("doing: %w", a), 1, true, fault.NotFound},
		{"joined", errors.Join(a, fmt.Errorf("doing: %w", b)), 2, true, fault.NotFound},
		{"with a cause", a.Because(errors.New("disk")), 1, true, fault.NotFound},
		{"with something else", errors.Join(a, errors.New("disk")), 0, false, fault.NotFound},
		{"something else", errors.New("disk"), 0, false, fault.Internal},
	}
	for _, tt := range tests {
		got, ok := fault.All(tt.err)
		if len(got) != tt.want || ok != tt.ok || fault.CodeOf(tt.err) != tt.code {
			t.Errorf("%s: %v, %v, %v", tt.name, got, ok, fault.CodeOf(tt.err))
		}
	}
	if b := a.At("y"); a.Field[0] != "x" || b.Field[0] != "y" {
		t.Error("At changed the fault it was called on")
	}
}
