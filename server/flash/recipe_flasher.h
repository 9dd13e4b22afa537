// Flashes by a command-line tool, as its recipe says. That the tool ended with 0 is not enough: it must have printed
// what the recipe expects, and where the recipe can, flash is read back and compared.
#pragma once

#include <memory>

#include "server/flash/flasher.h"
#include "server/flash/recipe.h"

namespace tinyrig::flash {

/// `recipe` has passed check_recipe(). `values`: of {port} (and with it {port_name}) and {serial}, as far as they are
/// known.
std::unique_ptr<Flasher> make_recipe_flasher(Recipe recipe, RecipeValues values);

}  // namespace tinyrig::flash
