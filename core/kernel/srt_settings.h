#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace proctor {

/// What of a settings file of srt's (the sandbox-runtime) matters to a kernel in it.
struct SrtSettings {
  bool all_unix_sockets = false;         ///< network.allowAllUnixSockets
  bool files_unrestricted = false;       ///< filesystem.disabled
  std::vector<std::string> allow_write;  ///< filesystem.allowWrite
  std::vector<std::string> deny_write;   ///< filesystem.denyWrite; it beats allow_write
  std::string bwrap = "bwrap";           ///< bwrapPath, else a name on PATH
  std::string socat = "socat";           ///< socatPath, likewise
  std::string ripgrep = "rg";            ///< ripgrep.command
};

/// Reads the JSON of such a file as strictly as srt ought to, which leaves out what it does not
/// know and, where something is wrong, may deny everything without a word. The settings are those
/// of its versions 0.0.20 to 0.0.83. Errors: a sentence that names the setting: unknown (with the
/// nearest known one), missing, of a wrong type, a domain that no pattern may be.
Result<SrtSettings, std::string> ParseSrtSettings(std::string_view text);

}  // namespace proctor
