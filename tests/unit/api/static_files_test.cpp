#include "server/api/http/static_files.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/store/store_fixture.h"

namespace tinyrig::api {
namespace {

std::string header_of(const HttpResponse& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

class StaticFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(folder_.path() / "dist/assets");
    write("secret.txt", "outside");
    write("dist/index.html", "<!doctype html>page");
    write("dist/favicon.svg", "<svg/>");
    write("dist/assets/index-abc123.js", "let x;");
    write("dist/assets/index-abc123.js.gz", "packed");
  }

  void write(const std::string& name, const std::string& text) { std::ofstream(folder_.path() / name) << text; }

  HttpResponse get(const std::string& path, std::vector<std::pair<std::string, std::string>> headers = {}) const {
    HttpRequest request;
    request.method = "GET";
    request.path = path;
    request.headers = std::move(headers);
    return StaticFiles(folder_.path() / "dist").serve(request);
  }

  testing_support::TemporaryFolder folder_;
};

TEST_F(StaticFilesTest, PageIsServedWithPolicyAndMustBeAsked) {
  const HttpResponse page = get("/");
  EXPECT_EQ(page.status, 200U);
  EXPECT_EQ(page.body, "<!doctype html>page");
  EXPECT_EQ(header_of(page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header_of(page, "Cache-Control"), "no-cache");
  EXPECT_NE(header_of(page, "Content-Security-Policy").find("default-src 'self'"), std::string::npos);
}

TEST_F(StaticFilesTest, PathsOfThePageGetThePage) {
  for (const char* path : {"/runs/r-0123", "/boards/emu-an386-1", "/models/kws.v2", "/jobs/", "/a%20b"}) {
    const HttpResponse page = get(path);
    EXPECT_EQ(page.status, 200U) << path;
    EXPECT_EQ(page.body, "<!doctype html>page") << path;
    EXPECT_EQ(header_of(page, "Cache-Control"), "no-cache") << path;
  }
}

TEST_F(StaticFilesTest, HashedAssetsAreImmutable) {
  const HttpResponse asset = get("/assets/index-abc123.js");
  EXPECT_EQ(asset.body, "let x;");
  EXPECT_EQ(header_of(asset, "Cache-Control"), "public, max-age=31536000, immutable");
  EXPECT_EQ(header_of(asset, "Content-Type"), "text/javascript; charset=utf-8");
}

TEST_F(StaticFilesTest, PackedWhenTheBrowserTakesIt) {
  const HttpResponse packed = get("/assets/index-abc123.js", {{"accept-encoding", "gzip, deflate"}});
  EXPECT_EQ(packed.body, "packed");
  EXPECT_EQ(header_of(packed, "Content-Encoding"), "gzip");
  EXPECT_EQ(header_of(packed, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(get("/favicon.svg", {{"accept-encoding", "gzip"}}).body, "<svg/>") << "no .gz beside it";
}

TEST_F(StaticFilesTest, KnownTagGetsNoBody) {
  const std::string tag = header_of(get("/"), "ETag");
  ASSERT_FALSE(tag.empty());
  const HttpResponse again = get("/", {{"if-none-match", tag}});
  EXPECT_EQ(again.status, 304U);
  EXPECT_EQ(again.body, "");
  write("dist/index.html", "<!doctype html>newer");
  EXPECT_EQ(get("/", {{"if-none-match", tag}}).status, 200U);
}

TEST_F(StaticFilesTest, MissingFileIsNotThePage) {
  EXPECT_EQ(get("/assets/index-old.js").status, 404U);
  EXPECT_EQ(get("/robots.txt").status, 404U);
}

TEST_F(StaticFilesTest, NothingOutsideTheFolder) {
  for (const char* path : {"/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt",
                           "//../secret.txt", "/assets/..\\..\\secret.txt"}) {
    EXPECT_EQ(get(path).body.find("outside"), std::string::npos) << path;
  }
}

TEST_F(StaticFilesTest, WithoutDashboardSaysHowToBuildIt) {
  std::filesystem::remove(folder_.path() / "dist/index.html");
  const HttpResponse page = get("/");
  EXPECT_EQ(page.status, 503U);
  EXPECT_NE(page.body.find("./rig web"), std::string::npos);
}

}  // namespace
}  // namespace tinyrig::api
