#pragma once

namespace proctor::hooks {

enum class LogLevel { Debug, Info, Warning, Error };

}  // namespace proctor::hooks
