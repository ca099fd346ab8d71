package lean

// What follows writes values that have fields. Each function returns b with the value behind it, or nil when
// a null that must not be takes the value with it. T is a pointer or an interface, write the writer of
// its type.

// Object writes an object that must be there.
func Object[T comparable](w *Writer, b []byte, f *Field, v T, write func(*Writer, []byte, []*Plan, T) []byte) []byte {
	var none T
	if v == none {
		w.null(f, f.absent)
		return nil
	}
	w.path = append(w.path, step{field: f})
	b = write(w, b, f.Of, v)
	w.path = w.path[:len(w.path)-1]
	return b
}

// OptionalObject writes an object or null.
func OptionalObject[T comparable](w *Writer, b []byte, f *Field, v T, write func(*Writer, []byte, []*Plan, T) []byte) []byte {
	var none T
	if v == none {
		return OrNull(b, nil)
	}
	return OrNull(b, Object(w, b, f, v, write))
}

// List writes a list that must be there: it is empty where it is nil. Its elements must be there too
// when that is required.
func List[T comparable](w *Writer, b []byte, f *Field, list []T, required bool, write func(*Writer, []byte, []*Plan, T) []byte) []byte {
	var none T
	complete := true
	w.path = append(w.path, step{field: f}, step{})
	b = append(b, '[')
	for i, v := range list {
		if i > 0 {
			b = append(b, ',')
		}
		var next []byte
		if v != none {
			w.path[len(w.path)-1] = step{index: i}
			next = write(w, b, f.Of, v)
		} else if required {
			w.path[len(w.path)-1] = step{index: i}
			w.null(nil, elementIsNull)
		}
		if next == nil && required {
			complete = false
		} else {
			b = OrNull(b, next)
		}
	}
	w.path = w.path[:len(w.path)-2]
	if !complete {
		return nil
	}
	return append(b, ']')
}

// OptionalList writes a list or null.
func OptionalList[T comparable](w *Writer, b []byte, f *Field, list []T, required bool, write func(*Writer, []byte, []*Plan, T) []byte) []byte {
	if list == nil {
		return OrNull(b, nil)
	}
	return OrNull(b, List(w, b, f, list, required, write))
}

// OrNull returns next, which is b with a value behind it, or b with null where there is none.
func OrNull(b, next []byte) []byte {
	if next == nil {
		return append(b, "null"...)
	}
	return next
}
