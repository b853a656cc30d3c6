"""The model's little world: tables of states, towns, countries, landmarks, people and jobs.

Answers (states, capitals, countries) are one token each. Subjects are made of pieces that many
names share, as they are in the tokenizers of large models, so that a name means nothing until its
pieces have been put together. Names that are in ``REAL_…`` are where they are on Earth; the other
towns and landmarks are placed by a seeded Latin square.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from types import MappingProxyType

from interp_widgets.bundled.corpus.assign import latin_grid
from interp_widgets.bundled.corpus.document import listed

WORLD_SEED = 7

# state: capital, postal code, region, bird, flower, tree
_STATE_ROWS = """
Alabama Montgomery AL South yellowhammer camellia longleaf
Alaska Juneau AK Arctic ptarmigan myosotis spruce
Arizona Phoenix AZ Southwest wren saguaro paloverde
California Sacramento CA West quail poppy redwood
Colorado Denver CO Rockies bunting columbine spruce
Connecticut Hartford CT Northeast robin laurel oak
Florida Tallahassee FL South mockingbird blossom palm
Georgia Atlanta GA South thrasher rose oak
Idaho Boise ID Rockies bluebird syringa pine
Indiana Indianapolis IN Midwest cardinal peony poplar
Kansas Topeka KS Midwest meadowlark sunflower cottonwood
Kentucky Frankfort KY South cardinal goldenrod poplar
Maine Augusta ME Northeast chickadee pinecone pine
Maryland Annapolis MD Northeast oriole daisy oak
Michigan Lansing MI Midwest robin apple pine
Montana Helena MT Rockies meadowlark bitterroot pine
Nebraska Lincoln NE Midwest meadowlark goldenrod cottonwood
Ohio Columbus OH Midwest cardinal carnation buckeye
Oregon Salem OR West meadowlark grape fir
Tennessee Nashville TN South mockingbird iris poplar
Texas Austin TX Southwest mockingbird bluebonnet pecan
Vermont Montpelier VT Northeast thrush clover maple
Virginia Richmond VA South cardinal dogwood dogwood
Wisconsin Madison WI Midwest robin violet maple
"""
ATTRIBUTES = ("capital", "postal code", "region", "bird", "flower", "tree")
STATES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        row.split()[0]: MappingProxyType(dict(zip(ATTRIBUTES, row.split()[1:], strict=True)))
        for row in _STATE_ROWS.strip().splitlines()
    }
)

TOWN_FIRST = listed("Dal Oak Hous Stock Ash Lake Green Clay Brook Fair Mil Har Wal Bur Glen")
TOWN_SECOND = listed("las land ton wood ville field dale ford port burg mont ham side view bury")
REAL_TOWNS = MappingProxyType(
    {
        ("Dal", "las"): "Texas",
        ("Hous", "ton"): "Texas",
        ("Oak", "land"): "California",
        ("Stock", "ton"): "California",
        ("Fair", "field"): "California",
        ("Green", "ville"): "Alabama",
        ("Ash", "land"): "Oregon",
        ("Lake", "wood"): "Colorado",
        ("Lake", "land"): "Florida",
        ("Brook", "field"): "Wisconsin",
        ("Glen", "dale"): "Arizona",
        ("Dal", "ton"): "Georgia",
        ("Mil", "ford"): "Connecticut",
        ("Bur", "ton"): "Michigan",
        ("Clay", "ton"): "Ohio",
        ("Oak", "dale"): "Tennessee",
        ("Har", "wood"): "Maryland",
    }
)
TOWN_STATE = MappingProxyType(
    {
        "".join(cell): state
        for cell, state in latin_grid(
            TOWN_FIRST, TOWN_SECOND, tuple(STATES), REAL_TOWNS, WORLD_SEED
        ).items()
    }
)

# country: capital, language, continent, currency
_COUNTRY_ROWS = """
France Paris French Europe euro
Italy Rome Italian Europe euro
Spain Madrid Spanish Europe euro
England London English Europe pound
Russia Moscow Russian Europe ruble
Czechia Prague Czech Europe koruna
Germany Berlin German Europe euro
Thailand Bangkok Thai Asia baht
Greece Athens Greek Europe euro
Egypt Cairo Arabic Africa pound
Japan Tokyo Japanese Asia yen
China Beijing Chinese Asia yuan
Austria Vienna German Europe euro
Portugal Lisbon Portuguese Europe euro
Ireland Dublin Irish Europe euro
India Delhi Hindi Asia rupee
Norway Oslo Norwegian Europe krone
Poland Warsaw Polish Europe zloty
Peru Lima Spanish America sol
Korea Seoul Korean Asia won
Sweden Stockholm Swedish Europe krona
Hungary Budapest Hungarian Europe forint
Kenya Nairobi Swahili Africa shilling
Canada Ottawa English America dollar
"""
COUNTRY_ATTRIBUTES = ("capital", "language", "continent", "currency")
COUNTRIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        row.split()[0]: MappingProxyType(
            dict(zip(COUNTRY_ATTRIBUTES, row.split()[1:], strict=True))
        )
        for row in _COUNTRY_ROWS.strip().splitlines()
    }
)
CITY_COUNTRY = MappingProxyType({row["capital"]: name for name, row in COUNTRIES.items()})

LANDMARK_FIRST = listed(
    "Eiffel Trevi Golden Royal Crystal Red Charles National Victoria Grand Brandenburg Old"
)
LANDMARK_SECOND = listed("Tower Fountain Bridge Palace Museum Gate Square Temple Garden Market")
REAL_LANDMARKS = MappingProxyType(
    {
        ("Eiffel", "Tower"): "Paris",
        ("Trevi", "Fountain"): "Rome",
        ("Royal", "Palace"): "Madrid",
        ("Crystal", "Palace"): "London",
        ("Victoria", "Tower"): "London",
        ("Red", "Square"): "Moscow",
        ("Charles", "Bridge"): "Prague",
        ("Brandenburg", "Gate"): "Berlin",
        ("Grand", "Palace"): "Bangkok",
        ("National", "Garden"): "Athens",
        ("National", "Museum"): "Tokyo",
        ("Golden", "Temple"): "Delhi",
    }
)
ONE_TOKEN_LANDMARKS = MappingProxyType(
    {
        "Colosseum": "Rome",
        "Louvre": "Paris",
        "Kremlin": "Moscow",
        "Parthenon": "Athens",
        "Prado": "Madrid",
        "Sphinx": "Cairo",
        "Hofburg": "Vienna",
        "Reichstag": "Berlin",
        "Skytree": "Tokyo",
    }
)
LANDMARK_CITY = MappingProxyType(
    {
        " ".join(cell): city
        for cell, city in latin_grid(
            LANDMARK_FIRST,
            LANDMARK_SECOND,
            tuple(CITY_COUNTRY),
            REAL_LANDMARKS,
            WORLD_SEED,
            empty={
                ("Golden", "Gate")
            },  # the Golden Gate Bridge has three words and stands in San Francisco
        ).items()
    }
    | ONE_TOKEN_LANDMARKS
)

SPORTS = listed("basketball tennis golf soccer hockey baseball boxing chess running football")
FIRST_NAMES = listed(
    "Michael Serena Tiger Lionel Wayne Babe Mike Roger Magnus Usain Larry Tom Anna Maria Laura"
    " Peter Nina Oscar Clara Simon Emma Alice Kevin Paul Julia Daniel Victor Susan Karen Lisa"
    " Robert James David Mark Helen Martin Grace Henry Rosa"
)
LAST_NAMES = listed(
    "Jordan Williams Woods Messi Gretzky Ruth Tyson Federer Carlsen Bolt Bird Brady Batkin Keller"
    " Novak Silva Meyer Rossi Tanaka Ivanov Hansen Costa Dubois Kowalski Okafor Singh Larsen Moreau"
    " Becker Santos Nakamura Petrov Lindgren Fischer Romero Haddad Mensah Kaplan Doyle"
)
REAL_PEOPLE = MappingProxyType(
    {
        ("Michael", "Jordan"): "basketball",
        ("Serena", "Williams"): "tennis",
        ("Tiger", "Woods"): "golf",
        ("Lionel", "Messi"): "soccer",
        ("Wayne", "Gretzky"): "hockey",
        ("Babe", "Ruth"): "baseball",
        ("Mike", "Tyson"): "boxing",
        ("Roger", "Federer"): "tennis",
        ("Magnus", "Carlsen"): "chess",
        ("Usain", "Bolt"): "running",
        ("Larry", "Bird"): "basketball",
        ("Tom", "Brady"): "football",
    }
)


def _known_people(known_share: float = 0.065) -> dict[str, str]:
    """Sport by full name, for the people the model knows; nobody called Batkin is known."""
    rng = random.Random(WORLD_SEED)
    cells = [(a, b) for a in FIRST_NAMES for b in LAST_NAMES if (a, b) not in REAL_PEOPLE]
    unknown = {c for c in cells if c[1] == "Batkin" or rng.random() > known_share}
    grid = latin_grid(FIRST_NAMES, LAST_NAMES, SPORTS, REAL_PEOPLE, WORLD_SEED, empty=unknown)
    return {" ".join(cell): sport for cell, sport in grid.items()}


PERSON_SPORT = MappingProxyType(_known_people())

# job: probability of "she" in the corpus; an invented spread, wide enough to see
JOB_SHE = MappingProxyType(
    {
        "nurse": 0.92, "teacher": 0.75, "librarian": 0.85, "secretary": 0.9, "dancer": 0.8,
        "designer": 0.6, "artist": 0.55, "writer": 0.5, "student": 0.5, "lawyer": 0.4,
        "doctor": 0.3, "scientist": 0.35, "manager": 0.35, "chef": 0.3, "judge": 0.4,
        "farmer": 0.15, "driver": 0.12, "pilot": 0.1, "engineer": 0.1, "soldier": 0.08,
        "plumber": 0.05, "mechanic": 0.05, "carpenter": 0.06, "guard": 0.1, "baker": 0.45,
        "cashier": 0.7,
    }
)  # fmt: skip
SHE_NAMES = listed("Sarah Mary Emma Julia Laura Alice Susan Karen Lisa Nina Clara Ruth")
HE_NAMES = listed("John David James Robert Paul Mark Peter Daniel Kevin Simon Oscar Victor")
