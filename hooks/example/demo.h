#pragma once
// What the demo program knows: projects, a form, a counter, saved records. Belongs
// to the frame thread; the routes reach it through Hooks::RunOnFrame().

#include <cstdint>
#include <filesystem>
#include <future>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hooks/example/faults.h"
#include "hooks/example/io_pool.h"

namespace proctor::demo {

struct Form {
  std::string name;
  std::string email;
  std::string amount;  ///< as typed; a number when valid
};

/// What is wrong with each field, in a sentence; empty when the form is valid.
std::map<std::string, std::string> Problems(const Form& form);

/// A save under way: its record is shown once the pool has written it.
struct Saving {
  Form record;
  std::shared_future<std::string> written;
};

class Demo {
 public:
  Demo(std::filesystem::path workspace, IoPool& pool);

  /// Takes in what the pool has finished. Once a frame.
  void Tick();

  bool SelectProject(const std::string& name);  ///< false: there is none of that name
  void AskToDelete() { modal_open = true; }
  void DeleteCurrent();  ///< and closes the modal

  enum class SaveStart { Begun, Invalid, Busy, PoolShut };
  SaveStart StartSave();
  const std::optional<Saving>& saving() const { return saving_; }

  IoPool& pool() { return pool_; }

  std::vector<std::string> projects = {"Aurora", "Basalt", "Cinder"};
  std::string current_project = "Aurora";  ///< "" when the last one was deleted
  int64_t counter = 0;
  Form form;
  std::vector<Form> saved;
  std::string save_message;  ///< how the last save went; "" before the first
  bool modal_open = false;
  Faults faults;

 private:
  std::filesystem::path records_file_;
  IoPool& pool_;
  std::optional<Saving> saving_;
};

}  // namespace proctor::demo
