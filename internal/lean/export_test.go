package lean

// Documents returns how many documents are kept.
func (p *Plans) Documents() int { return len(p.new) + len(p.old) }
