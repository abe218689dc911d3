"""The names of the cards in the card picker, in the language of the user's profile."""

from simulator.house import USER, House
from simulator.screen import Screen, ask

FIND = "name => window.customCards?.some(card => card.name === name)"


async def test_the_names_of_the_cards_follow_the_language_of_the_user(screen: Screen, house: House) -> None:
    async with screen.page("/", user=USER) as page:
        locale = await page.evaluate("document.querySelector('home-assistant').hass.locale")

        async def speak(language: str) -> None:
            value = locale | {"language": language}
            await ask(page, {"type": "frontend/set_user_data", "key": "language", "value": value})

        await speak("de")
        try:
            await page.goto(f"{house.url}/profile/general")
            await page.wait_for_function(FIND, arg="Batterieanlage: Alarme", timeout=60_000)
            await speak("fr")
            await page.wait_for_function(FIND, arg="Parc de batteries\u00a0: alarmes", timeout=60_000)
        finally:
            await speak("en")
        await page.wait_for_function(FIND, arg="Battery bank: alarms", timeout=60_000)
