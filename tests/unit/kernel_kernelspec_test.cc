// Which kernels are installed, and how one is started.
#include <doctest/doctest.h>

#include "core/kernel/kernelspec.h"
#include "temporary_folder.h"

using namespace proctor;
namespace fs = std::filesystem;

namespace {

constexpr const char* kPlain = R"({"argv": ["python3", "-m", "ipykernel_launcher", "-f",
  "{connection_file}"], "display_name": "Python 3", "language": "python"})";

/// Folders of kernels. Its environment finds none but those; what the machine has in /usr is
/// there all the same, so that names of tests are no real kernels'.
struct Installation {
  fs::path Put(const fs::path& data, const std::string& name, std::string_view text = kPlain) {
    const fs::path kernel = root.path() / data / "kernels" / name;
    fs::create_directories(kernel);
    WriteText(kernel / "kernel.json", text);
    return kernel;
  }
  KernelEnvironment Environment(const std::string& jupyter_path) const {
    return {{"JUPYTER_PATH", jupyter_path}, {"HOME", (root.path() / "home").string()}};
  }
  Result<Kernelspec, std::string> Find(std::string_view name) const {
    return FindKernelspec(Environment(root.path() / "data"), name);
  }
  TemporaryFolder root;
};

std::string ErrorOf(std::string_view text) {
  const auto spec = ParseKernelspec(text, "/usr/share/jupyter/kernels/x");
  return spec ? std::string() : spec.error();
}

bool Contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

using Folders = std::vector<fs::path>;

}  // namespace

TEST_CASE("kernels are looked for from the nearest folder to the farthest") {
  CHECK(KernelFolders({{"JUPYTER_PATH", "/a:/b::/c/"}, {"HOME", "/h"}, {"VIRTUAL_ENV", "/v"}}) ==
        Folders{"/a/kernels", "/b/kernels", "/c/kernels", "/h/.local/share/jupyter/kernels",
                "/v/share/jupyter/kernels", "/usr/local/share/jupyter/kernels",
                "/usr/share/jupyter/kernels"});
}

TEST_CASE("the user's folder is JUPYTER_DATA_DIR, else XDG_DATA_HOME's, else the home's") {
  const auto first = [](const KernelEnvironment& environment) {
    return KernelFolders(environment).front();
  };
  CHECK(first({{"HOME", "/h"}, {"XDG_DATA_HOME", "/x"}, {"JUPYTER_DATA_DIR", "/j"}}) ==
        "/j/kernels");
  CHECK(first({{"HOME", "/h"}, {"XDG_DATA_HOME", "/x"}}) == "/x/jupyter/kernels");
  CHECK(first({{"HOME", "/h"}, {"XDG_DATA_HOME", ""}}) == "/h/.local/share/jupyter/kernels");
  CHECK(first({}) == "/usr/local/share/jupyter/kernels");
}

TEST_CASE("a folder counts once, and a virtual environment before Conda's") {
  CHECK(KernelFolders({{"CONDA_PREFIX", "/usr"}}) ==
        Folders{"/usr/share/jupyter/kernels", "/usr/local/share/jupyter/kernels"});
  CHECK(KernelFolders({{"CONDA_PREFIX", "/c"}, {"VIRTUAL_ENV", "/v"}}).front() ==
        "/v/share/jupyter/kernels");
}

TEST_CASE("names are found in any case, and the first folder wins") {
  Installation installed;
  const fs::path first = installed.Put("one", "My-Kernel");
  installed.Put("two", "my-kernel");
  installed.Put("two", "other.kernel_2");
  const std::string root = installed.root.path();
  const KernelEnvironment environment = installed.Environment(root + "/one:" + root + "/two");
  for (const char* name : {"my-kernel", "MY-KERNEL", "My-Kernel"}) {
    const auto spec = FindKernelspec(environment, name);
    REQUIRE(spec);
    CHECK(spec->name == "my-kernel");
    CHECK(spec->folder == first);
  }
  CHECK(FindKernelspec(environment, "other.kernel_2"));
}

TEST_CASE("all that are installed are told by name, without what cannot be read") {
  Installation installed;
  installed.Put("data", "zeta");
  installed.Put("data", "Alpha");
  installed.Put("data", "broken", "{");
  installed.Put("data", "a name with spaces");
  fs::create_directories(installed.root / "data/kernels/empty");
  std::vector<std::string> names;
  for (const Kernelspec& spec : InstalledKernels(installed.Environment(installed.root / "data"))) {
    if (spec.folder.string().starts_with(installed.root.path().string()))
      names.push_back(spec.name);
  }
  CHECK(names == std::vector<std::string>{"alpha", "zeta"});
}

TEST_CASE("a kernel.json is read") {
  Installation installed;
  installed.Put("data", "full", R"({"argv": ["/opt/kernel", "{connection_file}"],
    "display_name": "The Kernel", "language": "julia", "interrupt_mode": "Message",
    "env": {"A": "1", "B": ""}, "metadata": {"debugger": true}, "unknown": [1]})");
  const auto spec = installed.Find("full");
  REQUIRE(spec);
  CHECK(spec->display_name == "The Kernel");
  CHECK(spec->language == "julia");
  CHECK(spec->interrupt_mode == InterruptMode::Message);
  CHECK(spec->argv == std::vector<std::string>{"/opt/kernel", "{connection_file}"});
  CHECK(spec->env == KernelEnvironment{{"A", "1"}, {"B", ""}});
  CHECK(spec->folder == installed.root / "data/kernels/full");
}

TEST_CASE("what a kernel.json may leave out") {
  const auto spec = ParseKernelspec(R"({"argv": ["k", "{connection_file}"], "env": null})",
                                    "/usr/share/jupyter/kernels/Short");
  REQUIRE(spec);
  CHECK(spec->name == "short");
  CHECK(spec->display_name == "short");
  CHECK(spec->language.empty());
  CHECK(spec->interrupt_mode == InterruptMode::Signal);
  CHECK(spec->env.empty());
}

TEST_CASE("what is wrong with a kernel.json is said") {
  for (const char* text : {"", "{", "[]", "7", "\xff"})
    CHECK(ErrorOf(text) == "it is no JSON object");
  CHECK(ErrorOf("{}") == "it has no \"argv\"");
  for (const char* argv : {"[]", "\"python\"", "[1]", "null"}) {
    CHECK(Contains(ErrorOf(std::string("{\"argv\": ") + argv + "}"), "is no list of words"));
  }
  CHECK(Contains(ErrorOf(R"({"argv": ["python"]})"), "has no {connection_file}"));
  const auto with = [](const std::string& member) {
    return ErrorOf(R"({"argv": ["k", "{connection_file}"], )" + member + "}");
  };
  CHECK(with(R"("env": [])") == "its \"env\" is no object");
  CHECK(with(R"("env": {"N": 5})") == "\"N\" of its \"env\" is no text");
  CHECK(with(R"("display_name": 5)") == "its \"display_name\" is no text");
  CHECK(with(R"("language": [])") == "its \"language\" is no text");
  CHECK(with(R"("interrupt_mode": "shout")") ==
        "its interrupt_mode is 'shout'; there are signal and message");
}

TEST_CASE("a broken kernel.json is named, and hides what lies behind it") {
  Installation installed;
  installed.Put("one", "python-x", "{}");
  installed.Put("two", "python-x");
  const std::string root = installed.root.path();
  const auto spec =
      FindKernelspec(installed.Environment(root + "/one:" + root + "/two"), "python-x");
  REQUIRE_FALSE(spec);
  CHECK(spec.error() == "the kernel 'python-x' is of no use: in '" + root +
                            "/one/kernels/python-x/kernel.json': it has no \"argv\"");
}

TEST_CASE("an unknown name is answered with the nearest and with all that there are") {
  Installation installed;
  installed.Put("data", "zz-kernel-one");
  installed.Put("data", "zz-kernel-two");
  const auto near = installed.Find("zz-kernel-won");
  REQUIRE_FALSE(near);
  CHECK(Contains(near.error(), "no Jupyter kernel is called 'zz-kernel-won'; did you mean 'zz-"));
  CHECK(Contains(near.error(), "zz-kernel-one"));
  CHECK(Contains(near.error(), "zz-kernel-two"));
  const auto far = installed.Find("completely different");
  REQUIRE_FALSE(far);
  CHECK(Contains(far.error(), "known are "));
  CHECK(Contains(far.error(), "zz-kernel-two"));
  CHECK_FALSE(installed.Find("../zz-kernel-one"));
  CHECK_FALSE(installed.Find(""));
}

TEST_CASE("where Python's kernel is missing, the answer says what brings it") {
  const std::string none = NoSuchKernel("python3", {}, {"/a/kernels", "/b/kernels"});
  CHECK(Contains(none, "no Jupyter kernel is installed, 'python3' neither"));
  CHECK(Contains(none, "`apt install python3-ipykernel` or `pip install ipykernel`"));
  CHECK(Contains(none, "(looked for in '/a/kernels', '/b/kernels')"));
  CHECK(Contains(NoSuchKernel("Python3", {"julia-1.9"}, {}), "pip install ipykernel"));
  CHECK_FALSE(Contains(NoSuchKernel("python4", {"python3"}, {}), "pip install ipykernel"));
  CHECK_FALSE(Contains(NoSuchKernel("ruby", {"julia-1.9"}, {}), "pip install ipykernel"));
}

TEST_CASE("the line of arguments has its places filled, once") {
  Installation installed;
  installed.Put("data", "places", R"({"argv": ["python3", "{prefix}/bin/k", "--f={connection_file}",
    "{resource_dir}/x", "{unknown}", "{", "{}", "{{connection_file}}"]})");
  KernelEnvironment environment = installed.Environment(installed.root / "data");
  environment.emplace_back("VIRTUAL_ENV", "/opt/venv");
  const auto spec = FindKernelspec(environment, "places");
  REQUIRE(spec);
  CHECK(KernelArguments(*spec, "/run/{prefix}.json") ==
        std::vector<std::string>{"python3", "/opt/venv/bin/k", "--f=/run/{prefix}.json",
                                 (installed.root / "data/kernels/places/x").string(), "{unknown}",
                                 "{", "{}", "{/run/{prefix}.json}"});
}

TEST_CASE("{prefix} is the environment's, else /usr") {
  Installation installed;
  installed.Put("data", "places", R"({"argv": ["{prefix}", "{connection_file}"]})");
  const auto prefix = [&](const char* name, const char* value) {
    KernelEnvironment environment = installed.Environment(installed.root / "data");
    environment.emplace_back(name, value);
    const auto spec = FindKernelspec(environment, "places");
    return spec ? KernelArguments(*spec, "c")[0] : std::string();
  };
  CHECK(prefix("CONDA_PREFIX", "/opt/conda") == "/opt/conda");
  CHECK(prefix("OTHER", "x") == "/usr");
}

TEST_CASE("a kernelspec's variables may speak of the environment's") {
  Installation installed;
  installed.Put("data", "variables", R"({"argv": ["k", "{connection_file}"], "env": {
    "A": "/opt:${PATH}", "B": "$NAME/x", "C": "$$NAME", "D": "${MISSING} $ ${ $-", "E": "${NAME"}})");
  KernelEnvironment environment = installed.Environment(installed.root / "data");
  environment.emplace_back("PATH", "/bin");
  environment.emplace_back("NAME", "v");
  const auto spec = FindKernelspec(environment, "variables");
  REQUIRE(spec);
  CHECK(spec->env == KernelEnvironment{{"A", "/opt:/bin"},
                                       {"B", "v/x"},
                                       {"C", "$NAME"},
                                       {"D", "${MISSING} $ ${ $-"},
                                       {"E", "${NAME"}});
}

TEST_CASE("Debian's own ipykernel is found, and its interpreter is what it says") {
  const auto spec = FindKernelspec({}, "python3");
  REQUIRE(spec);
  CHECK(spec->language == "python");
  const std::vector<std::string> argv = KernelArguments(*spec, "/run/kernel.json");
  CHECK(argv.front() == spec->argv.front());
  CHECK(argv.back() == "/run/kernel.json");
}
