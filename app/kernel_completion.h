#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace proctor {

/// What a kernel offers for the place of the cursor; pure. Kernels count code points, text boxes
/// bytes.

struct KernelCompletion {
  std::vector<std::string> matches;
  int from = 0, to = 0;  ///< bytes of the code that a match takes the place of
};

/// The content of a complete_reply about that code. Without matches where it makes no sense.
KernelCompletion ParseCompletion(const std::string& reply, const std::string& code);

/// What all of them begin with, whole characters; of none: nothing.
std::string CommonStart(const std::vector<std::string>& matches);

/// The byte at which the n-th code point begins; the end where there are fewer.
int ByteOfCodePoint(const std::string& text, int n);
/// How many code points begin before that byte.
int CodePointOfByte(const std::string& text, int byte);

}  // namespace proctor
