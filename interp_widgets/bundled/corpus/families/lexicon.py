"""Everyday words, so that a learner's own wording is mostly in the vocabulary."""

from interp_widgets.bundled.corpus.document import listed

COMMON_WORDS = listed(
    """
    the a an and or but if then so because of in on at to for from with without by about into
    over under between after before during through near far up down out off here there now today
    yesterday tomorrow always never often sometimes again once only just very too also still
    even more most less least much many few some any all both each every other another same such
    own is are was were be been being am has have had do does did will would can could should
    may might must not no yes it its he she they them his her their we us our you your i me my
    who what which when where why how that this these those one two three four five six seven
    eight nine ten first second third last next new old young big small large little long short
    high low good bad great best better right wrong true false easy hard early late open closed
    full empty hot cold warm fast slow happy sad red blue green yellow white black brown man
    woman boy girl child people person friend family mother father brother sister son daughter
    house home room door window table chair bed kitchen garden street road city town village
    country world state river lake sea ocean mountain hill island forest tree flower grass leaf
    sun moon star sky rain snow wind fire water air earth stone wood gold iron silver glass
    paper book page word letter story song music picture photo game ball car train boat ship
    plane bus horse dog cat bird fish cow sheep mouse lion bear food bread milk meat egg fruit
    apple cake tea coffee sugar salt dinner breakfast lunch school teacher student lesson class
    office work job money price shop store market station bridge tower church palace museum park
    square king queen prince law war peace year month week day night morning evening hour minute
    time life death love hope fear name number part place thing way side end middle top bottom
    head hand eye ear face hair heart foot body voice go goes went gone come came see saw seen
    look looked find found get got give gave take took make made know knew think thought say
    said tell told ask asked answer want wanted need like liked love live lived stay stayed walk
    walked run ran drive drove travel visit visited play played read write wrote sing sang eat
    ate drink buy bought sell sold build built stand stood sit sat start begin stop open close
    call called show send sent bring brought keep hold turn move moved leave left meet met learn
    learned speak spoke famous beautiful Where What Which Who When Why How Is Are Was Does Do
    Can In On At It He She They We You My Our This That These There think guess believe remember
    forget wonder hope wish feel felt seem seems happen happened mean means meant help helped
    try tried use used work worked write wrote won lost lose win grow grew fall fell rise rose
    break broke cut draw drew drop pull push carry carried catch caught throw threw wait waited
    watch watched listen heard hear smile laugh cry sleep dream wake dress wear wore wash cook
    clean paint visit arrive arrived return returned enter cross climb swim fly flew ride rode
    hide seek choose chose decide decided explain explained describe agree north south east west
    coast border center downtown hotel restaurant airport tourist guide map trip journey
    vacation holiday summer winter spring autumn birthday party gift surprise government
    president mayor citizen nation region county area building statue monument temple castle
    cathedral bank hospital university library theater stadium farm factory company business
    science history art math language computer phone internet email message newspaper magazine
    radio television camera clock key bag box cup bottle knife fork spoon plate shirt shoe hat
    coat glasses ring nose mouth arm leg finger back heavy light dark bright deep wide narrow
    thick thin strong weak rich poor clever kind nice pretty ugly clean dirty quiet loud soft
    strange common rare important simple difficult possible certain sure ready real whole main
    several few enough almost perhaps maybe really quite rather soon later ago already yet
    together alone inside outside across along around behind beside below above located called
    known near large popular largest answer question fact capital continent currency language
    sport
    """
)
