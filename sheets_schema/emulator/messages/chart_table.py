"""The fields of charts and slicers, in the form of `message_table`.

They come from the same discovery document.
"""

MESSAGES = """
AddChartRequest = chart:EmbeddedChart
AddChartResponse = chart:EmbeddedChart
AddSlicerRequest = slicer:Slicer
AddSlicerResponse = slicer:Slicer
BaselineValueFormat = comparisonType:ComparisonType description:string negativeColor:Color
    negativeColorStyle:ColorStyle position:TextPosition positiveColor:Color positiveColorStyle:ColorStyle
    textFormat:TextFormat
BasicChartAxis = format:TextFormat position:BasicChartAxisPosition title:string titleTextPosition:TextPosition
    viewWindowOptions:ChartAxisViewWindowOptions
BasicChartDomain = domain:ChartData reversed:bool
BasicChartSeries = color:Color colorStyle:ColorStyle dataLabel:DataLabel lineStyle:LineStyle pointStyle:PointStyle
    series:ChartData styleOverrides:[]BasicSeriesDataPointStyleOverride targetAxis:BasicChartAxisPosition
    type:BasicChartType
BasicChartSpec = axis:[]BasicChartAxis chartType:BasicChartType compareMode:BasicChartCompareMode
    domains:[]BasicChartDomain headerCount:int32 interpolateNulls:bool legendPosition:BasicChartLegendPosition
    lineSmoothing:bool series:[]BasicChartSeries stackedType:BasicChartStackedType threeDimensional:bool
    totalDataLabel:DataLabel
BasicSeriesDataPointStyleOverride = color:Color colorStyle:ColorStyle index:int32 pointStyle:PointStyle
BubbleChartSpec = bubbleBorderColor:Color bubbleBorderColorStyle:ColorStyle bubbleLabels:ChartData
    bubbleMaxRadiusSize:int32 bubbleMinRadiusSize:int32 bubbleOpacity:float bubbleSizes:ChartData
    bubbleTextStyle:TextFormat domain:ChartData groupIds:ChartData legendPosition:BubbleChartLegendPosition
    series:ChartData
CandlestickChartSpec = data:[]CandlestickData domain:CandlestickDomain
CandlestickData = closeSeries:CandlestickSeries highSeries:CandlestickSeries lowSeries:CandlestickSeries
    openSeries:CandlestickSeries
CandlestickDomain = data:ChartData reversed:bool
CandlestickSeries = data:ChartData
ChartAxisViewWindowOptions = viewWindowMax:double viewWindowMin:double viewWindowMode:ViewWindowMode
ChartCustomNumberFormatOptions = prefix:string suffix:string
ChartData = aggregateType:ChartAggregateType columnReference! groupRule:ChartGroupRule sourceRange:ChartSourceRange
ChartDateTimeRule = type:ChartDateTimeRuleType
ChartGroupRule = dateTimeRule:ChartDateTimeRule histogramRule:ChartHistogramRule
ChartHistogramRule = intervalSize:double maxValue:double minValue:double
ChartSourceRange = sources:[]GridRange
ChartSpec = altText:string backgroundColor:Color backgroundColorStyle:ColorStyle basicChart:BasicChartSpec
    bubbleChart:BubbleChartSpec candlestickChart:CandlestickChartSpec dataSourceChartProperties!
    filterSpecs:[]FilterSpec fontName:string hiddenDimensionStrategy:ChartHiddenDimensionStrategy
    histogramChart:HistogramChartSpec maximized:bool orgChart:OrgChartSpec pieChart:PieChartSpec
    scorecardChart:ScorecardChartSpec sortSpecs:[]SortSpec subtitle:string subtitleTextFormat:TextFormat
    subtitleTextPosition:TextPosition title:string titleTextFormat:TextFormat titleTextPosition:TextPosition
    treemapChart:TreemapChartSpec waterfallChart:WaterfallChartSpec
DataLabel = customLabelData:ChartData placement:DataLabelPlacement textFormat:TextFormat type:DataLabelType
DeleteEmbeddedObjectRequest = objectId:int32
EmbeddedChart = border:EmbeddedObjectBorder chartId:int32 position:EmbeddedObjectPosition spec:ChartSpec
EmbeddedObjectBorder = color:Color colorStyle:ColorStyle
EmbeddedObjectPosition = newSheet:bool overlayPosition:OverlayPosition sheetId:int32
HistogramChartSpec = bucketSize:double legendPosition:HistogramChartLegendPosition outlierPercentile:double
    series:[]HistogramSeries showItemDividers:bool
HistogramSeries = barColor:Color barColorStyle:ColorStyle data:ChartData
KeyValueFormat = position:TextPosition textFormat:TextFormat
LineStyle = type:LineDashType width:int32
OrgChartSpec = labels:ChartData nodeColor:Color nodeColorStyle:ColorStyle nodeSize:OrgChartLabelSize
    parentLabels:ChartData selectedNodeColor:Color selectedNodeColorStyle:ColorStyle tooltips:ChartData
OverlayPosition = anchorCell:GridCoordinate heightPixels:int32 offsetXPixels:int32 offsetYPixels:int32
    widthPixels:int32
PieChartSpec = domain:ChartData legendPosition:PieChartLegendPosition pieHole:double series:ChartData
    threeDimensional:bool
PointStyle = shape:PointShape size:double
ScorecardChartSpec = aggregateType:ChartAggregateType baselineValueData:ChartData
    baselineValueFormat:BaselineValueFormat customFormatOptions:ChartCustomNumberFormatOptions
    keyValueData:ChartData keyValueFormat:KeyValueFormat numberFormatSource:ChartNumberFormatSource
    scaleFactor:double
Slicer = position:EmbeddedObjectPosition slicerId:int32 spec:SlicerSpec
SlicerSpec = applyToPivotTables:bool backgroundColor:Color backgroundColorStyle:ColorStyle columnIndex:int32
    dataRange:GridRange filterCriteria:FilterCriteria horizontalAlignment:HorizontalAlign textFormat:TextFormat
    title:string
TextPosition = horizontalAlignment:HorizontalAlign
TreemapChartColorScale = maxValueColor:Color maxValueColorStyle:ColorStyle midValueColor:Color
    midValueColorStyle:ColorStyle minValueColor:Color minValueColorStyle:ColorStyle noDataColor:Color
    noDataColorStyle:ColorStyle
TreemapChartSpec = colorData:ChartData colorScale:TreemapChartColorScale headerColor:Color
    headerColorStyle:ColorStyle hideTooltips:bool hintedLevels:int32 labels:ChartData levels:int32 maxValue:double
    minValue:double parentLabels:ChartData sizeData:ChartData textFormat:TextFormat
UpdateChartSpecRequest = chartId:int32 spec:ChartSpec
UpdateEmbeddedObjectBorderRequest = border:EmbeddedObjectBorder fields:mask objectId:int32
UpdateEmbeddedObjectPositionRequest = fields:mask newPosition:EmbeddedObjectPosition objectId:int32
UpdateEmbeddedObjectPositionResponse = position:EmbeddedObjectPosition
UpdateSlicerSpecRequest = fields:mask slicerId:int32 spec:SlicerSpec
WaterfallChartColumnStyle = color:Color colorStyle:ColorStyle label:string
WaterfallChartCustomSubtotal = dataIsSubtotal:bool label:string subtotalIndex:int32
WaterfallChartDomain = data:ChartData reversed:bool
WaterfallChartSeries = customSubtotals:[]WaterfallChartCustomSubtotal data:ChartData dataLabel:DataLabel
    hideTrailingSubtotal:bool negativeColumnsStyle:WaterfallChartColumnStyle
    positiveColumnsStyle:WaterfallChartColumnStyle subtotalColumnsStyle:WaterfallChartColumnStyle
WaterfallChartSpec = connectorLineStyle:LineStyle domain:WaterfallChartDomain firstValueIsTotal:bool
    hideConnectorLines:bool series:[]WaterfallChartSeries stackedType:WaterfallStackedType totalDataLabel:DataLabel
"""

ENUMS = """
BasicChartAxisPosition = BASIC_CHART_AXIS_POSITION_UNSPECIFIED BOTTOM_AXIS LEFT_AXIS RIGHT_AXIS
BasicChartCompareMode = BASIC_CHART_COMPARE_MODE_UNSPECIFIED DATUM CATEGORY
BasicChartLegendPosition = BASIC_CHART_LEGEND_POSITION_UNSPECIFIED BOTTOM_LEGEND LEFT_LEGEND RIGHT_LEGEND TOP_LEGEND
    NO_LEGEND
BasicChartStackedType = BASIC_CHART_STACKED_TYPE_UNSPECIFIED NOT_STACKED STACKED PERCENT_STACKED
BasicChartType = BASIC_CHART_TYPE_UNSPECIFIED BAR LINE AREA COLUMN SCATTER COMBO STEPPED_AREA
BubbleChartLegendPosition = BUBBLE_CHART_LEGEND_POSITION_UNSPECIFIED BOTTOM_LEGEND LEFT_LEGEND RIGHT_LEGEND
    TOP_LEGEND NO_LEGEND INSIDE_LEGEND
ChartAggregateType = CHART_AGGREGATE_TYPE_UNSPECIFIED AVERAGE COUNT MAX MEDIAN MIN SUM
ChartDateTimeRuleType = CHART_DATE_TIME_RULE_TYPE_UNSPECIFIED SECOND MINUTE HOUR HOUR_MINUTE HOUR_MINUTE_AMPM
    DAY_OF_WEEK DAY_OF_YEAR DAY_OF_MONTH DAY_MONTH MONTH QUARTER YEAR YEAR_MONTH YEAR_QUARTER YEAR_MONTH_DAY
ChartHiddenDimensionStrategy = CHART_HIDDEN_DIMENSION_STRATEGY_UNSPECIFIED SKIP_HIDDEN_ROWS_AND_COLUMNS
    SKIP_HIDDEN_ROWS SKIP_HIDDEN_COLUMNS SHOW_ALL
ChartNumberFormatSource = CHART_NUMBER_FORMAT_SOURCE_UNDEFINED FROM_DATA CUSTOM
ComparisonType = COMPARISON_TYPE_UNDEFINED ABSOLUTE_DIFFERENCE PERCENTAGE_DIFFERENCE
DataLabelPlacement = DATA_LABEL_PLACEMENT_UNSPECIFIED CENTER LEFT RIGHT ABOVE BELOW INSIDE_END INSIDE_BASE
    OUTSIDE_END
DataLabelType = DATA_LABEL_TYPE_UNSPECIFIED NONE DATA CUSTOM
HistogramChartLegendPosition = HISTOGRAM_CHART_LEGEND_POSITION_UNSPECIFIED BOTTOM_LEGEND LEFT_LEGEND RIGHT_LEGEND
    TOP_LEGEND NO_LEGEND INSIDE_LEGEND
LineDashType = LINE_DASH_TYPE_UNSPECIFIED INVISIBLE CUSTOM SOLID DOTTED MEDIUM_DASHED MEDIUM_DASHED_DOTTED
    LONG_DASHED LONG_DASHED_DOTTED
OrgChartLabelSize = ORG_CHART_LABEL_SIZE_UNSPECIFIED SMALL MEDIUM LARGE
PieChartLegendPosition = PIE_CHART_LEGEND_POSITION_UNSPECIFIED BOTTOM_LEGEND LEFT_LEGEND RIGHT_LEGEND TOP_LEGEND
    NO_LEGEND LABELED_LEGEND
PointShape = POINT_SHAPE_UNSPECIFIED CIRCLE DIAMOND HEXAGON PENTAGON SQUARE STAR TRIANGLE X_MARK
ViewWindowMode = DEFAULT_VIEW_WINDOW_MODE VIEW_WINDOW_MODE_UNSUPPORTED EXPLICIT PRETTY
WaterfallStackedType = WATERFALL_STACKED_TYPE_UNSPECIFIED STACKED SEQUENTIAL
"""
"""Google nests these enums in their messages; the names are ours, the values in its order."""
