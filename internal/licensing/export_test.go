package licensing

// Defuse is what becomes of a cell of the file.
var Defuse = defuse
