package cli

import "runtime/debug"

type versionCommand struct{}

// Run prints the version that the binary was built from.
func (*versionCommand) Run(s *session) error {
	version, revision := "devel", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, b := range info.Settings {
			if b.Key == "vcs.revision" {
				revision = " " + b.Value
			}
		}
	}
	return s.print("purser %s%s", version, revision)
}
